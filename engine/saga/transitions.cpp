#include "engine/saga/transitions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace skald::saga {
namespace {

std::string_view place_of_undo(UndoStatus status) {
  switch (status) {
    case UndoStatus::kNone:
      return {};
    case UndoStatus::kSettling:
      return "settling";
    case UndoStatus::kSettled:
      return "settled";
    case UndoStatus::kRunning:
      return "undoing";
    case UndoStatus::kCompleted:
      return "undone";
    case UndoStatus::kFailed:
      return "undo-failed";
    case UndoStatus::kSkipped:
      return "undo-skipped";
  }
  return {};
}

constexpr auto kStepTransitions = std::to_array<Transition>({
    // Forward.
    {"", "StepStarted", "calling"},
    {"", "StepStarted", "running"},
    {"", "StepCompleted", "completed"},
    {"", "StepFailed", "failed"},
    {"", "StepSkipped", "skipped"},
    {"", "StepReused", "completed"},
    {"running", "TimeoutReached", "running"},
    {"running", "StepCompleted", "completed"},
    {"running", "StepFailed", "failed"},
    {"running", "StepReused", "completed"},
    {"running", "AttemptFailed", "running"},
    {"running", "RetryScheduled", "running"},
    {"running", "ErrorCaught", "running"},
    {"running", "ScopeUndoStarted", "running"},
    {"running", "EventReceived", "running"},
    {"running", "ListeningEnded", "running"},
    {"running", "IterationCompleted", "running"},
    {"calling", "StepCompleted", "completed"},
    {"calling", "AttemptFailed", "backing-off"},
    {"calling", "AttemptLost", "backing-off"},
    {"calling", "AttemptCompleted", "backing-off"},
    {"backing-off", "AttemptCompleted", "backing-off"},
    {"calling", "RunCancelRequested", "calling"},
    {"backing-off", "RetryScheduled", "backing-off"},
    {"backing-off", "AttemptStarted", "calling"},
    {"backing-off", "StepCompleted", "completed"},
    {"backing-off", "StepFailed", "failed"},
    // A pivot whose outcome is unknown is settled before the flow goes on.
    {"backing-off", "SettleStarted", "calling"},
    {"calling", "SettleEnded", "backing-off"},
    // Back.
    {"failed", "SettleStarted", "settling"},
    {"failed", "SettleEnded", "settled"},
    {"settling", "SettleStarted", "settling"},
    {"settling", "AttemptFailed", "settling"},
    {"settling", "AttemptLost", "settling"},
    {"settling", "RetryScheduled", "settling"},
    {"settling", "SettleEnded", "settled"},
    {"settling", "StepSkipped", "undo-skipped"},
    {"completed", "UndoStarted", "undoing"},
    {"failed", "UndoStarted", "undoing"},
    {"settled", "UndoStarted", "undoing"},
    {"completed", "UndoCompleted", "undone"},
    {"failed", "UndoCompleted", "undone"},
    {"settled", "UndoCompleted", "undone"},
    {"undoing", "UndoCompleted", "undone"},
    {"completed", "UndoFailed", "undo-failed"},
    {"failed", "UndoFailed", "undo-failed"},
    {"settled", "UndoFailed", "undo-failed"},
    {"undoing", "UndoFailed", "undo-failed"},
    {"completed", "StepSkipped", "undo-skipped"},
    {"failed", "StepSkipped", "undo-skipped"},
    {"settled", "StepSkipped", "undo-skipped"},
    {"undoing", "StepSkipped", "undo-skipped"},
});

}  // namespace

std::string_view place_of(const StepState& step) {
  if (const auto undo = place_of_undo(step.undo_status); !undo.empty()) return undo;
  switch (step.status) {
    case StepStatus::kCompleted:
      return "completed";
    case StepStatus::kFailed:
      return "failed";
    case StepStatus::kSkipped:
      return "skipped";
    case StepStatus::kRunning:
      break;
  }
  if (!step.request) return "running";
  return step.attempts.in_flight || step.settling.in_flight ? "calling" : "backing-off";
}

std::span<const Transition> step_transitions() {
  return kStepTransitions;
}

std::string step_diagram() {
  std::string text = "stateDiagram-v2\n";
  const auto name = [](std::string_view place) {
    std::string id = place.empty() ? "[*]" : std::string(place);
    std::replace(id.begin(), id.end(), '-', '_');
    return id;
  };
  for (const auto& t : kStepTransitions) text += fmt::format("    {} --> {}: {}\n", name(t.from), name(t.to), t.event);
  return text;
}

}  // namespace skald::saga
