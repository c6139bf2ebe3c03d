#include "engine/runtime/event_exchange.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/limits.hpp"
#include "engine/runtime/event_filters.hpp"
#include "engine/runtime/refusals.hpp"

namespace skald::runtime {
namespace {

constexpr std::size_t kEventPage = 100;
constexpr Millis kEventLookInterval{5'000};
// What has no end by then is not under way any more, wherever it came in.
constexpr Millis kLeftAlone{30'000};
constexpr Millis kRemoveInterval{60'000};
constexpr std::size_t kRemovedAtOnce = 500;

// A definite no; anything else may pass.
bool is_no(const Error& error) {
  return error.code == "event.not_awaited" || error.code == "execution.ended" || error.code == "execution.unknown";
}

// A step had it before.
bool is_taken(const Error& error) {
  return error.code == "event.taken";
}

EventReceipt receipt_of(ports::EventFate fate) {
  switch (fate) {
    case ports::EventFate::kTaken:
      return EventReceipt::kTaken;
    case ports::EventFate::kKept:
      return EventReceipt::kKept;
    case ports::EventFate::kDropped:
      return EventReceipt::kIgnored;
  }
  return EventReceipt::kIgnored;
}

// Tells what became of it to who asked and to the metrics.
Callback<EventAnswer> counted(ports::Telemetry& telemetry, Callback<EventAnswer> callback) {
  return [&telemetry, callback = std::move(callback)](Result<EventAnswer> answer) mutable {
    telemetry.event_received(answer ? to_string(answer->receipt) : "refused");
    callback(std::move(answer));
  };
}

}  // namespace

std::string_view to_string(EventReceipt receipt) {
  switch (receipt) {
    case EventReceipt::kTaken:
      return "taken";
    case EventReceipt::kKept:
      return "kept";
    case EventReceipt::kDuplicate:
      return "duplicate";
    case EventReceipt::kIgnored:
      return "ignored";
  }
  return "ignored";
}

// One event on its way to those whom it starts, and to those who listen for it.
class EventExchange::Offer final : public std::enable_shared_from_this<Offer> {
 public:
  Offer(EventExchange& owner, Arrived arrived, Callback<EventAnswer> callback)
      : owner_(owner),
        event_(std::move(arrived.event)),
        starts_(std::move(arrived.starts)),
        callback_(std::move(callback)) {}

  void begin() {
    if (starts_.empty()) return next_page();
    const auto starter = std::make_shared<EventStarter>(owner_.host_, owner_.store_, owner_.starting_);
    const bool has_room = owner_.collections_ < owner_.host_.shared().options.collections_max;
    starter->begin(event_, std::move(starts_), has_room, [self = shared_from_this()](const auto& outcome) {
      self->started_ = outcome.started;
      self->collected_ = outcome.collected;
      self->is_full_ = outcome.is_full;
      self->owner_.collections_ += outcome.begun;
      self->failed_ = outcome.failed;
      self->next_page();
    });
  }

  void next_page() {
    if (owner_.host_.is_closed()) return leave(draining());
    if (key_ == event_.keys.size()) return failed_ ? leave(*failed_) : settle();
    owner_.host_.offload(
        [&store = owner_.store_, key = event_.keys[key_], after = after_] {
          return store.list_listeners(key, after, kEventPage);
        },
        [self = shared_from_this()](Result<std::vector<ports::Listener>> found) { self->listed(std::move(found)); });
  }

  void answer(EventReceipt receipt) {
    if (callback_) std::exchange(callback_, nullptr)(EventAnswer{.receipt = receipt, .started = started_});
  }

 private:
  void listed(Result<std::vector<ports::Listener>> found) {
    if (!found) return leave(found.error());
    if (found->size() < kEventPage) {
      ++key_;
      after_.reset();
    } else {
      after_ = found->back();
    }
    awaited_ = found->size();
    if (awaited_ == 0) return next_page();
    for (const auto& listener : *found) deliver(listener);
  }

  void deliver(const ports::Listener& listener) {
    saga::Input input{
        .actor = {},
        .what = saga::EventArrived{.step = listener.step, .event = Payload::from_trusted_text(event_.envelope)}};
    owner_.deliver_(listener.execution, std::move(input), [self = shared_from_this()](Result<void> taken) {
      std::optional<Error> error;
      if (!taken) error = std::move(taken.error());
      auto& loop = self->owner_.host_.loop();
      loop.post([self, error = std::move(error)] { self->delivered(error); });
    });
  }

  void delivered(const std::optional<Error>& error) {
    const bool is_with_it = !error || is_taken(*error);
    if (is_with_it) ++taken_;
    // The others get it all the same.
    if (!is_with_it && !is_no(*error)) failed_ = *error;
    if (--awaited_ > 0) return;
    // Those who wait for many others' sake have waited long enough.
    if (taken_ > 0) answer(EventReceipt::kTaken);
    next_page();
  }

  // It stays without a fate, and is found again.
  void leave(const Error& error) {
    owner_.host_.warn("an event could not be brought to those who listen; it is tried again", error);
    answer(EventReceipt::kKept);
    owner_.offers_.erase(event_.number);
  }

  void settle() {
    // Whoever was told that it is kept must not lose it.
    const bool is_full = callback_ && owner_.kept_ >= owner_.host_.shared().options.events_kept_max;
    const auto fate = taken_ + started_ + collected_ > 0 ? ports::EventFate::kTaken
                      : is_full || is_for_starts()       ? ports::EventFate::kDropped
                                                         : ports::EventFate::kKept;
    owner_.host_.offload(
        [&store = owner_.store_, number = event_.number, fate] { return store.settle_event(number, fate); },
        [self = shared_from_this(), fate](const Result<void>& settled) { self->settled(settled, fate); });
  }

  void settled(const Result<void>& settled, ports::EventFate fate) {
    if (!settled) return leave(settled.error());
    if (fate == ports::EventFate::kKept) ++owner_.kept_;
    if (fate == ports::EventFate::kDropped && (is_full_ || !is_for_starts()) && callback_) {
      std::exchange(callback_, nullptr)(
          failure("events.full", "too many events wait for somebody who takes them", {}, "send it again later"));
    }
    answer(receipt_of(fate));
    owner_.offers_.erase(event_.number);
  }

  // Nobody will come and listen for it.
  bool is_for_starts() const { return event_.keys.empty(); }

  EventExchange& owner_;
  ports::StoredEvent event_;
  EventStarts starts_;
  Callback<EventAnswer> callback_;
  std::size_t key_ = 0;                   // of the event's, whose listeners come next
  std::optional<ports::Listener> after_;  // of the pages of this key
  std::size_t awaited_ = 0;               // of this page
  std::size_t started_ = 0;
  std::size_t collected_ = 0;
  bool is_full_ = false;  // somebody would collect it, and has no room
  std::size_t taken_ = 0;
  std::optional<Error> failed_;
};

EventExchange::EventExchange(ExecutionHost& host, ports::EventStore& store, Deliver deliver, EventStarting starting)
    : host_(host),
      store_(store),
      deliver_(std::move(deliver)),
      starting_(std::move(starting)),
      filters_(std::make_shared<EventFilters>()) {}

EventExchange::~EventExchange() = default;

void EventExchange::begin() {
  begun_ = host_.shared().time.now();
  fired();
}

void EventExchange::again(std::chrono::nanoseconds pause) {
  host_.timers().set(*this, host_.shared().time.steady() + pause);
}

void EventExchange::accept(std::string envelope, Callback<EventAnswer> callback) {
  host_.loop().post([this, envelope = std::move(envelope),
                     callback = counted(host_.shared().telemetry, std::move(callback))]() mutable {
    if (host_.shared().draining || host_.is_closed()) return callback(std::unexpected(draining()));
    host_.offload([this, now = host_.shared().time.now(),
                   envelope = std::move(envelope)]() mutable { return store(std::move(envelope), now); },
                  [this, callback = std::move(callback)](Result<Arrived> arrived) mutable {
                    stored(std::move(arrived), std::move(callback));
                  });
  });
}

// Not on the loop.
Result<EventExchange::Arrived> EventExchange::store(std::string envelope, Timestamp now) {
  const auto event = parse_json(envelope);
  if (!event) return std::unexpected(event.error());
  auto keys = filters_->keys_of(store_, *event);
  if (!keys) return std::unexpected(std::move(keys.error()));
  Arrived arrived{.event = {}, .starts = starts_for(host_.shared().definitions, *event)};
  if (keys->empty() && arrived.starts.empty()) return arrived;
  const auto number = store_.put_event({.source = event->at("source").get<std::string>(),
                                        .id = event->at("id").get<std::string>(),
                                        .envelope = envelope,
                                        .received_at = now,
                                        .keys = *keys});
  if (!number) return std::unexpected(number.error());
  arrived.event = {.number = number->value_or(0), .envelope = std::move(envelope), .keys = std::move(*keys)};
  arrived.is_duplicate = !number->has_value();
  return arrived;
}

void EventExchange::stored(Result<Arrived> arrived, Callback<EventAnswer> callback) {
  if (!arrived) return callback(std::unexpected(std::move(arrived.error())));
  if (arrived->is_duplicate) return callback(EventAnswer{.receipt = EventReceipt::kDuplicate});
  if (arrived->event.number == 0) return callback(EventAnswer{.receipt = EventReceipt::kIgnored});
  offer(std::move(*arrived), std::move(callback));
}

void EventExchange::offer(Arrived arrived, Callback<EventAnswer> callback) {
  const auto number = arrived.event.number;
  const auto made = std::make_shared<Offer>(*this, std::move(arrived), std::move(callback));
  offers_[number] = made;
  made->begin();
}

void EventExchange::fired() {
  const auto& shared = host_.shared();
  if (shared.draining || host_.is_closed()) return;
  look_for_leftovers(0);
}

// Not on the loop.
Result<std::vector<EventExchange::Arrived>> EventExchange::list_leftovers(Timestamp before, std::uint64_t after) {
  auto events = store_.list_new_events(before, after, kEventPage);
  if (!events) return std::unexpected(std::move(events.error()));
  std::vector<Arrived> found;
  for (auto& event : *events) {
    const auto json = parse_json(event.envelope);
    auto starts = json ? starts_for(host_.shared().definitions, *json) : EventStarts();
    found.push_back({.event = std::move(event), .starts = std::move(starts)});
  }
  return found;
}

void EventExchange::look_for_leftovers(std::uint64_t after) {
  const Timestamp before = std::max(begun_, host_.shared().time.now() - kLeftAlone);
  host_.offload([this, before, after] { return list_leftovers(before, after); },
                [this](Result<std::vector<Arrived>> found) {
                  if (!found) {
                    host_.warn("events could not be listed; it is tried again", found.error());
                    return again(kEventLookInterval);
                  }
                  const bool is_last = found->size() < kEventPage;
                  const std::uint64_t last = found->empty() ? 0 : found->back().event.number;
                  for (auto& arrived : *found) {
                    if (!offers_.contains(arrived.event.number)) offer(std::move(arrived), nullptr);
                  }
                  is_last ? remove_old() : look_for_leftovers(last);
                });
}

void EventExchange::remove_old() {
  if (host_.shared().draining || host_.is_closed()) return;
  const auto steady = host_.shared().time.steady();
  const auto& options = host_.shared().options;
  const bool is_full = kept_ >= options.events_kept_max || collections_ >= options.collections_max;
  const bool is_time = removed_at_ == std::chrono::nanoseconds{} || steady - removed_at_ >= kRemoveInterval;
  if (!is_time && !is_full) return again(kEventLookInterval);
  struct Swept {
    std::uint64_t removed = 0;  // of the table that had most
    std::uint64_t kept = 0;
    std::uint64_t collections = 0;
  };
  const Timestamp before = host_.shared().time.now() - limits::kEventsRemembered;
  host_.offload(
      [&store = store_, before]() -> Result<Swept> {
        const auto removed = store.remove_events(before, kRemovedAtOnce);
        if (!removed) return std::unexpected(removed.error());
        const auto forgotten = store.remove_collections(before, kRemovedAtOnce);
        if (!forgotten) return std::unexpected(forgotten.error());
        const auto kept = store.count_kept_events();
        if (!kept) return std::unexpected(kept.error());
        const auto collections = store.count_collections();
        if (!collections) return std::unexpected(collections.error());
        return Swept{std::max(*removed, *forgotten), *kept, *collections};
      },
      [this, steady](const Result<Swept>& swept) {
        if (!swept) host_.warn("old events could not be removed; it is tried again", swept.error());
        if (swept) {
          std::tie(kept_, collections_) = std::pair(swept->kept, swept->collections);
          host_.shared().telemetry.events_waiting(kept_, collections_);
        }
        if (swept && swept->removed == kRemovedAtOnce) return remove_old();
        if (swept) removed_at_ = steady;
        again(kEventLookInterval);
      });
}

}  // namespace skald::runtime
