// The driver's look at the events that came before its execution listened for them.
#include <algorithm>
#include <utility>

#include "engine/runtime/execution_driver_parts.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/saga/subscriptions.hpp"

namespace skald::runtime {
namespace {

constexpr std::size_t kPage = 100;
constexpr Millis kLookAgain{1'000};
// What an execution has caused by its first call may come in where the clock is behind.
constexpr Millis kClockDifferenceMax{10'000};
// Of what is correlated by nothing.
constexpr std::string_view kNoKey = "[]";

std::vector<ports::EventKey> keys_of(const std::vector<ports::Subscription>& subscriptions) {
  std::vector<ports::EventKey> keys;
  for (const auto& subscription : subscriptions) keys.push_back(subscription.key);
  return keys;
}

// An event that names what it is about waits for whoever asks for that. Any other one is for those who are there.
Timestamp oldest_for(const ports::Subscription& subscription, const saga::State& state) {
  return subscription.key.key == kNoKey ? state.started_at - kClockDifferenceMax : Timestamp{};
}

}  // namespace

std::vector<ports::Subscription> subscriptions_of(const saga::State& state) {
  std::vector<ports::Subscription> found;
  for (auto& [step, listen] : saga::subscriptions_of(state)) {
    found.push_back({.step = std::move(step), .key = {std::move(listen.shape), std::move(listen.key)}});
  }
  return found;
}

void ExecutionDriver::look_for_events(std::uint64_t after) {
  auto* events = host_.shared().events;
  if (subscriptions_.empty() || events == nullptr || host_.shared().draining) return;
  ++looks_;
  Timestamp since = Timestamp::max();
  for (const auto& subscription : subscriptions_) since = std::min(since, oldest_for(subscription, state_));
  host_.offload(
      [events, keys = keys_of(subscriptions_), since, after] {
        return events->find_events(keys, since, after, kPage);
      },
      [&host = host_, id = id_, number = number_, after](const Result<std::vector<ports::StoredEvent>>& found) {
        auto* driver = host.find(id);
        if (driver && driver->number() == number) driver->events_found(found, after);
      });
}

void ExecutionDriver::events_found(const Result<std::vector<ports::StoredEvent>>& found, std::uint64_t after) {
  if (!found) {
    host_.warn("events that wait for an execution could not be looked for; it is tried again", found.error());
    return host_.after(kLookAgain, [&host = host_, id = id_, number = number_, after] {
      auto* driver = host.find(id);
      if (!driver || driver->number() != number) return;
      --driver->looks_;
      driver->look_for_events(after);
    });
  }
  --looks_;
  for (const auto& event : *found) {
    for (const auto& subscription : subscriptions_) {
      if (event.received_at < oldest_for(subscription, state_)) continue;
      saga::EventArrived arrived{.step = subscription.step, .event = Payload::from_trusted_text(event.envelope)};
      mailbox_.push_back(Mail{.input = saga::Input{.actor = {}, .what = std::move(arrived)}, .reply = {}});
    }
  }
  if (found->size() == kPage) look_for_events(found->back().number);
  pump();
}

}  // namespace skald::runtime
