// The stored names of the event kinds, in the order of EventData. They are forever.
#pragma once

#include <array>
#include <string_view>
#include <variant>

#include "engine/saga/event.hpp"

namespace skald::saga {

inline constexpr std::array<std::string_view, std::variant_size_v<EventData>> kEventKinds = {
    "ExecutionStarted",   "StepStarted",        "AttemptStarted",      "AttemptFailed",      "AttemptLost",
    "RetryScheduled",     "StepCompleted",      "StepFailed",          "StepSkipped",        "StepReused",
    "CancelRequested",    "TimeoutReached",     "CompensationStarted", "SettleStarted",      "SettleEnded",
    "UndoStarted",        "UndoCompleted",      "UndoFailed",          "IncidentRaised",     "IncidentResolved",
    "ExecutionSuspended", "ExecutionResumed",   "ExecutionEnded",      "ExecutionReplayed",  "TurnEnded",
    "ErrorCaught",        "ScopeUndoStarted",   "EventReceived",       "RunCancelRequested", "UndoRequested",
    "ListeningEnded",     "IterationCompleted", "AttemptCompleted"};

inline std::string_view kind_of(const EventData& event) {
  return kEventKinds[event.index()];
}

}  // namespace skald::saga
