// The driver's look at the events that came before its execution listened for them.
#include <algorithm>
#include <utility>

#include "engine/runtime/execution_driver_parts.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/saga/subscriptions.hpp"

namespace skald::runtime {
namespace {

constexpr std::size_t kKeptPage = 100;
constexpr Millis kKeptLookAgain{1'000};
// What an execution has caused by its first call may come in where the clock is behind.
constexpr Millis kClockDifferenceMax{10'000};
// Of what is correlated by nothing.
constexpr std::string_view kNoKey = "[]";

// An event that names what it is about waits for whoever asks for that. Any other one is for those who are there.
Timestamp oldest_for(const ports::Subscription& subscription, const saga::State& state) {
  return subscription.key.key == kNoKey ? state.started_at - kClockDifferenceMax : Timestamp{};
}

}  // namespace

std::vector<ports::Subscription> stored_subscriptions(const saga::State& state) {
  std::vector<ports::Subscription> found;
  for (auto& [step, listen] : saga::subscriptions_of(state)) {
    found.push_back({.step = std::move(step), .key = {std::move(listen.shape), std::move(listen.key)}});
  }
  return found;
}

void ExecutionDriver::begin_to_listen(std::vector<ports::Subscription> subscriptions) {
  const auto before = std::exchange(subscriptions_, std::move(subscriptions));
  std::vector<ports::Subscription> added;
  for (const auto& subscription : subscriptions_) {
    if (std::ranges::find(before, subscription) == before.end()) added.push_back(subscription);
  }
  look_for_events(std::move(added));
}

void ExecutionDriver::look_for_events(std::vector<ports::Subscription> wanted, std::uint64_t after) {
  auto* events = host_.shared().events;
  if (wanted.empty() || events == nullptr || host_.shared().draining) return;
  ++looks_;
  std::vector<ports::EventWish> wishes;
  for (const auto& subscription : wanted) wishes.push_back({subscription.key, oldest_for(subscription, state_)});
  host_.offload([events, wishes = std::move(wishes), after] { return events->find_events(wishes, after, kKeptPage); },
                [&host = host_, id = id_, number = number_, wanted = std::move(wanted),
                 after](const Result<std::vector<ports::StoredEvent>>& found) mutable {
                  if (auto* driver = host.find(id, number)) driver->events_found(found, std::move(wanted), after);
                });
}

void ExecutionDriver::events_found(const Result<std::vector<ports::StoredEvent>>& found,
                                   std::vector<ports::Subscription> wanted, std::uint64_t after) {
  if (!found) {
    host_.warn("events that wait for an execution could not be looked for; it is tried again", found.error());
    return host_.after(kKeptLookAgain,
                       [&host = host_, id = id_, number = number_, wanted = std::move(wanted), after]() mutable {
                         auto* driver = host.find(id, number);
                         if (!driver) return;
                         --driver->looks_;
                         driver->look_for_events(std::move(wanted), after);
                         driver->pump();
                       });
  }
  --looks_;
  for (const auto& event : *found) {
    for (const auto& subscription : wanted) {
      if (std::ranges::find(event.keys, subscription.key) == event.keys.end()) continue;
      saga::EventArrived arrived{.step = subscription.step, .event = Payload::from_trusted_text(event.envelope)};
      mailbox_.push_back(
          Mail{.input = saga::Input{.actor = {}, .what = std::move(arrived)}, .reply = {}, .event = event.number});
    }
  }
  if (found->size() == kKeptPage) look_for_events(std::move(wanted), found->back().number);
  pump();
}

// It is not there for others any more. Where this is lost they may take it too.
void ExecutionDriver::settle_event(std::uint64_t number) {
  host_.offload(
      [events = host_.shared().events, number] { return events->settle_event(number, ports::EventFate::kTaken); },
      [&host = host_](const Result<void>& settled) {
        if (!settled) host.warn("an event that was taken could not be marked", settled.error());
      });
}

}  // namespace skald::runtime
