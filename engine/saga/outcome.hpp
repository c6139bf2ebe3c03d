// The words for where an execution stands. Phases are those of the Open Workflow DSL; the outcome is a field of its
// own.
#pragma once

#include <optional>
#include <string_view>

namespace skald::saga {

enum class Phase { kPending, kRunning, kWaiting, kSuspended, kCancelled, kFaulted, kCompleted };
enum class Outcome { kCompleted, kCompensated, kCancelled, kFaulted, kTerminated };
enum class CompensationState { kNone, kRunning, kCompleted, kIncomplete };
enum class CompensationReason { kFault, kTimeout, kCancel, kExplicit, kRace, kParent };
enum class AttemptClass { kRefused, kUnknown };
enum class IncidentResolution { kRetry, kSkip, kResolve };

// What an execution says that is to undo itself.
enum class UndoVerdict {
  kBegins,   // what was done is undone, or about to be
  kNothing,  // there is nothing to undo
  kRefused,
};

enum class IncidentKind {
  kUndoFailed,           // an undo was refused or its retries ended
  kSettleFailed,         // an unknown outcome could not be settled
  kUnknownOutcome,       // onUnknown: suspend
  kStepFailed,           // onError: suspend, or a failure at or after the pivot
  kCompensationTimeout,  // saga.compensation.timeout
  kTimeoutAfterPivot,    // a timeout, of the workflow or a step, where nothing may be undone
  kQuarantined,          // repeated process deaths under this execution
};

// The stored and shown spelling: "running", "compensated", "undo-failed". parse is the inverse.
std::string_view to_string(Phase phase);
std::string_view to_string(Outcome outcome);
std::string_view to_string(CompensationState state);
std::string_view to_string(CompensationReason reason);
std::string_view to_string(AttemptClass outcome);
std::string_view to_string(IncidentResolution resolution);
std::string_view to_string(UndoVerdict verdict);
std::string_view to_string(IncidentKind kind);

std::optional<Phase> parse_phase(std::string_view text);
std::optional<Outcome> parse_outcome(std::string_view text);
std::optional<CompensationState> parse_compensation_state(std::string_view text);
std::optional<CompensationReason> parse_compensation_reason(std::string_view text);
std::optional<AttemptClass> parse_attempt_class(std::string_view text);
std::optional<IncidentResolution> parse_incident_resolution(std::string_view text);
std::optional<UndoVerdict> parse_undo_verdict(std::string_view text);
std::optional<IncidentKind> parse_incident_kind(std::string_view text);

inline bool is_terminal(Phase phase) {
  return phase == Phase::kCancelled || phase == Phase::kFaulted || phase == Phase::kCompleted;
}

}  // namespace skald::saga
