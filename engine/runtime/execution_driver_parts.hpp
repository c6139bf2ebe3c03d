// What the driver's source files share and nobody else needs.
#pragma once

#include <memory>
#include <optional>

#include "engine/ports/participant.hpp"
#include "engine/runtime/execution_driver.hpp"
#include "engine/saga/effect.hpp"

namespace skald::runtime {

// A decision on its way into the history.
struct ExecutionDriver::Pending {
  Mail mail;
  std::unique_ptr<saga::Decision> decision;
  std::unique_ptr<saga::State> before;  // of a command
  std::optional<ports::ExecutionSummary> summary;
  std::optional<std::vector<ports::Subscription>> subscriptions = std::nullopt;  // where they change
  std::vector<ports::NewDelivery> deliveries = {};                               // of what the decision emits
  saga::Phase phase_before = saga::Phase::kPending;
};

// Somebody who waits for the execution to end or to park.
struct ExecutionDriver::Waiter final : TimerNode {
  Waiter(ExecutionDriver& owner, Reply reply) : owner(owner), reply(std::move(reply)) {}
  void fired() override { owner.expire(*this); }

  ExecutionDriver& owner;
  Reply reply;
};

// What is known of an execution that could not be loaded.
struct ExecutionDriver::Aside {
  Error error;
  bool appending = false;                            // a mark in its row, or its termination
  std::shared_ptr<const saga::State> end = nullptr;  // of a termination
  saga::Phase phase_before = saga::Phase::kPending;
  std::vector<saga::Event> events = {};
  Reply reply = {};
};

// Exceptions in a row that put an execution in quarantine.
inline constexpr std::uint16_t kFailuresMax = 2;

// Ended, or parked until somebody speaks.
inline bool is_settled(const saga::State& state) {
  return saga::is_terminal(state.phase) || state.phase == saga::Phase::kSuspended;
}

// What the execution listens for, as the store has it.
std::vector<ports::Subscription> stored_subscriptions(const saga::State& state);

ports::ParticipantCall participant_call(const saga::State& state, saga::SendRequest request, std::uint64_t epoch);

}  // namespace skald::runtime
