#include "engine/runtime/publisher.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "engine/base/limits.hpp"
#include "engine/definition/operation_catalog.hpp"
#include "engine/runtime/deliveries.hpp"
#include "engine/saga/path.hpp"

namespace skald::runtime {
namespace {

constexpr std::size_t kCallsMax = 64;  // to one sink
constexpr std::size_t kOffersMax = 8;  // to the executions: each is written on its own
// Found by then is what another node has left.
constexpr Millis kOutboxLookInterval{5'000};
constexpr Millis kMeasureInterval{15'000};
constexpr Millis kTellInterval{60'000};
constexpr Millis kPauseOfSink{1'000};  // where it took nothing
constexpr Millis kPauseFirst{1'000};   // of one delivery
constexpr Millis kPauseMax{300'000};

Millis pause_after(std::uint32_t attempts) {
  return std::min(kPauseFirst * (std::int64_t{1} << std::min<std::uint32_t>(attempts, 16)), kPauseMax);
}

}  // namespace

// What goes to one sink: chains, each the events of one execution, one after another.
class Publisher::Line final : public TimerNode {
 public:
  Line(Publisher& owner, std::string sink) : owner_(owner), sink_(std::move(sink)) {}

  // At once, or as soon as what is asked of the store has come; a sink that took nothing is left alone for a while.
  void look() {
    is_wanted_ = true;
    if (!is_paused_) go();
  }

  // What waits for its turn to be sent does not have to be waited for.
  void close() {
    for (auto& [execution, chain] : std::map(chains_)) {
      if (!sink_.empty() && host().withdraw(execution, key_of(chain.front()))) chains_.erase(execution);
    }
    go();
  }

 private:
  using Chain = std::deque<ports::Delivery>;

  void fired() override {
    is_paused_ = false;
    look();
  }

  void rest(Millis pause) { host().timers().set(*this, host().shared().time.steady() + pause); }

  void go() {
    if (is_asking_ || host().is_closed()) return;
    if (!delivered_.empty() || !postponed_.empty()) return settle();
    const std::size_t most = sink_.empty() ? kOffersMax : kCallsMax;
    const bool may_list = is_wanted_ && !is_paused_ && !host().shared().draining;
    if (may_list && chains_.size() < most) list(most - chains_.size());
  }

  void list(std::size_t room) {
    is_asking_ = true;
    is_wanted_ = false;
    auto& shared = host().shared();
    std::vector<ExecutionId> under_way;
    for (const auto& [execution, chain] : chains_) under_way.push_back(execution);
    host().offload([&outbox = owner_.outbox_, sink = sink_, shards = shared.shards.held(), now = shared.time.now(),
                    under_way = std::move(under_way),
                    room] { return outbox.list_due_deliveries(sink, shards, now, under_way, room); },
                   [this, room](Result<std::vector<ports::Delivery>> found) {
                     rest(kOutboxLookInterval);
                     if (found) {
                       const bool is_full = found->size() == room;
                       begin(std::move(*found));
                       is_wanted_ = is_wanted_ || (is_full && !chains_.empty());
                     } else {
                       host().warn("events that are to go out could not be listed; it is tried again", found.error());
                     }
                     is_asking_ = false;  // not before all that was found is under way
                     go();
                   });
  }

  void begin(std::vector<ports::Delivery> due) {
    std::map<ExecutionId, Chain> found;
    for (auto& delivery : due) found[delivery.execution].push_back(std::move(delivery));
    for (auto& [execution, chain] : found) {
      chains_[execution] = std::move(chain);
      send(execution);
    }
  }

  // The first of a chain.
  void send(const ExecutionId& execution) {
    const auto& delivery = chains_.at(execution).front();
    if (!host().shared().may_begin(execution)) return leave(execution);
    if (sink_.empty()) return offer(delivery);
    sink_ == ports::kRunsSink ? tell_it(delivery) : call(delivery);
  }

  void tell_it(const ports::Delivery& delivery) {
    owner_.tell_(delivery, [this, execution = delivery.execution](const Result<void>& heard) {
      host().loop().post([this, execution, error = heard ? std::nullopt : std::optional(heard.error())] {
        error ? failed(execution, error->message, std::nullopt) : succeeded(execution);
      });
    });
  }

  void offer(const ports::Delivery& delivery) {
    owner_.offer_(delivery.what.envelope, [this, execution = delivery.execution](const Result<EventAnswer>& receipt) {
      receipt ? succeeded(execution) : failed(execution, receipt.error().message, std::nullopt);
    });
  }

  void call(const ports::Delivery& delivery) {
    auto& shared = host().shared();
    auto request = request_for(delivery.what, *shared.definitions.operations());
    if (!request) return leave(ExecutionId(delivery.execution));  // the sink is gone
    const auto& step = delivery.what.step;
    ports::ParticipantCall call{.execution = delivery.execution,
                                .workflow = delivery.what.workflow,
                                .step = std::string(saga::step_of(step)),
                                .action = saga::is_in_undo(step) ? saga::Action::kCompensate : saga::Action::kExecute,
                                .attempt = delivery.attempts + 1,
                                .epoch = shared.shards.epoch_of(delivery.execution),
                                .key = key_of(delivery),
                                .timeout = limits::kAttemptTimeout,
                                .request = std::move(request)};
    host().call(std::move(call), [this, execution = delivery.execution](const saga::Answer& answer) {
      if (answer.outcome == saga::AttemptOutcome::kDone) return succeeded(execution);
      failed(execution, answer.title, answer.retry_after);
    });
  }

  void succeeded(const ExecutionId& execution) {
    auto& chain = chains_.at(execution);
    delivered_.push_back(chain.front().number);
    chain.pop_front();
    if (!chain.empty()) {
      send(execution);
      return go();
    }
    is_wanted_ = true;  // there may be more of it
    leave(execution);
  }

  void failed(const ExecutionId& execution, const std::string& error, std::optional<Millis> wished) {
    auto& shared = host().shared();
    if (!shared.may_begin(execution)) return leave(execution);  // that is for who goes on with it
    const auto& delivery = chains_.at(execution).front();
    const Millis pause = std::clamp(wished.value_or(Millis(0)), pause_after(delivery.attempts), kPauseMax);
    postponed_.push_back({delivery.number, shared.time.now() + pause, error});
    tell(delivery, error);
    leave(execution);
  }

  // Once a minute: a sink that is down has very many of them.
  void tell(const ports::Delivery& delivery, const std::string& error) {
    const auto now = host().shared().time.steady();
    if (told_at_ != std::chrono::nanoseconds{} && now - told_at_ < kTellInterval) return;
    told_at_ = now;
    const auto execution = to_string(delivery.execution);
    const std::string_view sink = sink_.empty() ? std::string_view("executions") : std::string_view(sink_);
    host().shared().log.write(
        ports::LogLevel::kWarning,
        sink_ == ports::kRunsSink ? "an execution could not be told; it is tried again"
                                  : "an event could not be delivered; it is tried again",
        {{"sink", sink}, {"execution", execution}, {"step", delivery.what.step}, {"error", error}});
  }

  void leave(const ExecutionId& execution) {
    chains_.erase(execution);
    go();
  }

  void settle() {
    is_asking_ = true;
    const bool took_none = delivered_.empty();
    host().offload(
        [&outbox = owner_.outbox_, delivered = std::exchange(delivered_, {}),
         postponed = std::exchange(postponed_, {})] { return outbox.settle_deliveries(delivered, postponed); },
        [this, took_none](const Result<void>& settled) {
          is_asking_ = false;
          // They are sent once more, under the same keys.
          if (!settled) host().warn("deliveries could not be marked; they are repeated", settled.error());
          if (!settled || took_none) {
            is_paused_ = true;
            rest(kPauseOfSink);
          }
          go();
        });
  }

  static std::string key_of(const ports::Delivery& delivery) {
    return to_string(delivery.execution) + "/" + delivery.what.step;
  }

  ExecutionHost& host() { return owner_.host_; }

  Publisher& owner_;
  const std::string sink_;
  std::map<ExecutionId, Chain> chains_;  // under way
  std::vector<std::uint64_t> delivered_;
  std::vector<ports::Postponement> postponed_;
  bool is_wanted_ = false;  // something is to be listed
  bool is_asking_ = false;  // the store is
  bool is_paused_ = false;
  std::chrono::nanoseconds told_at_{};
};

Publisher::Publisher(ExecutionHost& host, ports::Outbox& outbox, Offer offer, Tell tell)
    : host_(host), outbox_(outbox), offer_(std::move(offer)), tell_(std::move(tell)) {}

Publisher::~Publisher() = default;

void Publisher::begin() {
  fired();
}

void Publisher::close() {
  for (const auto& [sink, line] : lines_) line->close();
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
  for (const auto& sink : sinks) told_.insert(sink);
  for (const auto& sink : told_) {
    if (std::ranges::find(levels, sink, &ports::OutboxLevel::sink) == levels.end()) {
      shared.telemetry.outbox(sink, 0, Millis(0));
    }
  }
  for (const auto& [sink, count, oldest] : levels) {
    told_.insert(sink);
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
