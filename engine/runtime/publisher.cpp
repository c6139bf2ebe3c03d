#include "engine/runtime/publisher.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/limits.hpp"
#include "engine/definition/operation_catalog.hpp"
#include "engine/runtime/deliveries.hpp"

namespace skald::runtime {
namespace {

constexpr std::size_t kPage = 100;
// Found by then is what another node has left.
constexpr Millis kLookInterval{5'000};
constexpr Millis kMeasureInterval{15'000};
constexpr Millis kPauseOfSink{1'000};  // where it took nothing
constexpr Millis kPauseFirst{1'000};   // of one delivery
constexpr Millis kPauseMax{300'000};

Millis pause_after(std::uint32_t attempts) {
  return std::min(kPauseFirst * (std::int64_t{1} << std::min<std::uint32_t>(attempts, 16)), kPauseMax);
}

}  // namespace

// What goes to one sink.
class Publisher::Line final : public TimerNode {
 public:
  Line(Publisher& owner, std::string sink) : owner_(owner), sink_(std::move(sink)) {}

  // At once, or as soon as what is under way has ended; a sink that took nothing is left alone for a while.
  void look() {
    if (is_busy_) {
      again_ = true;
    } else if (!is_paused_) {
      list();
    }
  }

 private:
  void fired() override {
    is_paused_ = false;
    if (!is_busy_) list();
  }

  void rest(Millis pause) {
    is_busy_ = false;
    host().timers().set(*this, host().shared().time.steady() + pause);
  }

  void list() {
    auto& shared = host().shared();
    if (shared.draining || host().is_closed()) return;
    is_busy_ = true;
    again_ = false;
    host().offload([&outbox = owner_.outbox_, sink = sink_, shards = shared.shards.held(),
                    now = shared.time.now()] { return outbox.list_due_deliveries(sink, shards, now, kPage); },
                   [this](Result<std::vector<ports::Delivery>> found) {
                     if (found) return send(std::move(*found));
                     host().warn("events that are to go out could not be listed; it is tried again", found.error());
                     rest(kLookInterval);
                   });
  }

  void send(std::vector<ports::Delivery> due) {
    if (due.empty()) return again_ ? list() : rest(kLookInterval);
    open_ = due.size();
    for (auto& delivery : due) sink_.empty() ? offer(std::move(delivery)) : call(std::move(delivery));
  }

  void offer(ports::Delivery delivery) {
    auto envelope = std::move(delivery.what.envelope);
    owner_.offer_(std::move(envelope), [this, delivery = std::move(delivery)](const Result<EventReceipt>& receipt) {
      receipt ? succeeded(delivery) : failed(delivery, receipt.error().message, std::nullopt);
    });
  }

  void call(ports::Delivery delivery) {
    auto& shared = host().shared();
    auto request = request_for(delivery.what, *shared.definitions.operations());
    // The shard is another node's by now, or the sink is gone.
    if (!request || !shared.may_begin(delivery.execution)) return ended();
    ports::ParticipantCall call{.execution = delivery.execution,
                                .workflow = delivery.what.workflow,
                                .step = delivery.what.step,
                                .attempt = delivery.attempts + 1,
                                .epoch = shared.shards.epoch_of(delivery.execution),
                                .key = to_string(delivery.execution) + "/" + delivery.what.step,
                                .timeout = limits::kAttemptTimeout,
                                .request = std::move(request)};
    host().call(std::move(call), [this, delivery = std::move(delivery)](const saga::Answer& answer) {
      if (answer.outcome == saga::AttemptOutcome::kDone) return succeeded(delivery);
      failed(delivery, answer.title, answer.retry_after);
    });
  }

  void succeeded(const ports::Delivery& delivery) {
    delivered_.push_back(delivery.number);
    ended();
  }

  void failed(const ports::Delivery& delivery, const std::string& error, std::optional<Millis> wished) {
    const Millis pause = std::max(pause_after(delivery.attempts), wished.value_or(Millis(0)));
    postponed_.push_back({delivery.number, host().shared().time.now() + pause, error});
    host().warn("an event could not be delivered; it is tried again",
                {.code = "outbox.postponed", .message = error, .subject = sink_ + " " + delivery.what.step});
    ended();
  }

  void ended() {
    if (--open_ > 0) return;
    const bool took_some = !delivered_.empty();
    const bool took_none = !took_some && !postponed_.empty();
    host().offload(
        [&outbox = owner_.outbox_, delivered = std::exchange(delivered_, {}),
         postponed = std::exchange(postponed_, {})] { return outbox.settle_deliveries(delivered, postponed); },
        [this, took_some, took_none](const Result<void>& settled) {
          // They are sent once more, under the same keys.
          if (!settled) host().warn("deliveries could not be marked; they are repeated", settled.error());
          if (settled && took_some) return list();
          is_paused_ = took_none;
          rest(took_none ? kPauseOfSink : kLookInterval);
        });
  }

  ExecutionHost& host() { return owner_.host_; }

  Publisher& owner_;
  const std::string sink_;
  bool is_busy_ = false;
  bool again_ = false;
  std::size_t open_ = 0;  // of the page under way
  std::vector<std::uint64_t> delivered_;
  std::vector<ports::Postponement> postponed_;
  bool is_paused_ = false;
};

Publisher::Publisher(ExecutionHost& host, ports::Outbox& outbox, Offer offer)
    : host_(host), outbox_(outbox), offer_(std::move(offer)) {}

Publisher::~Publisher() = default;

void Publisher::begin() {
  look_at_all();
  fired();
}

void Publisher::look() {
  if (is_wanted_.exchange(true)) return;
  host_.loop().post([this] {
    is_wanted_ = false;
    look_at_all();
  });
}

void Publisher::look_at_all() {
  for (const auto& sink : sinks_of(*host_.shared().definitions.operations())) {
    auto& line = lines_[sink];
    if (!line) line = std::make_unique<Line>(*this, sink);
    line->look();
  }
}

void Publisher::fired() {
  const auto& shared = host_.shared();
  if (shared.draining || host_.is_closed()) return;
  look_at_all();  // sinks may have come
  measure();
}

void Publisher::measure() {
  host_.offload([&outbox = outbox_, shards = host_.shared().shards.held()] { return outbox.measure_outbox(shards); },
                [this](const Result<std::vector<ports::OutboxLevel>>& levels) {
                  if (levels) {
                    measured(*levels);
                  } else {
                    host_.warn("the outbox could not be measured; it is tried again", levels.error());
                  }
                  host_.timers().set(*this, host_.shared().time.steady() + kMeasureInterval);
                });
}

void Publisher::measured(const std::vector<ports::OutboxLevel>& levels) {
  auto& shared = host_.shared();
  const Timestamp now = shared.time.now();
  const auto sinks = sinks_of(*shared.definitions.operations());
  for (const auto& [sink, line] : lines_) {
    if (std::ranges::find(levels, sink, &ports::OutboxLevel::sink) == levels.end()) {
      shared.telemetry.outbox(sink, 0, Millis(0));
    }
  }
  for (const auto& [sink, count, oldest] : levels) {
    shared.telemetry.outbox(sink, count, std::max(Millis(0), std::chrono::duration_cast<Millis>(now - oldest)));
    if (std::ranges::find(sinks, sink) != sinks.end()) continue;
    host_.warn("events wait for an adapter that takes none any more",
               {.code = "outbox.sink",
                .message = std::to_string(count) + " of them",
                .subject = sink,
                .remedy = "name it in the adapters file, with 'events'"});
  }
}

}  // namespace skald::runtime
