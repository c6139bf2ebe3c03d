// The word of the step that ran this execution: undo yourself.
#include <algorithm>

#include "engine/saga/decide_compensate.hpp"
#include "engine/saga/decide_inputs.hpp"
#include "engine/saga/problem.hpp"

namespace skald::saga {
namespace {

// Why it cannot be undone; empty where it can.
std::string objection_to_undo(const Planner& planner) {
  const State& state = planner.state();
  const bool is_taken = std::ranges::any_of(state.replays, &ExecutionReplayed::reuses);
  if (is_taken) return "a replay has taken over its effects";
  if (state.pivoted) return "it has passed its pivot";
  if (planner.pivot_is_open()) return "its pivot is under way";
  return "";
}

UndoVerdict verdict_of(const Planner& planner, const std::string& objection) {
  const State& state = planner.state();
  if (!objection.empty()) return UndoVerdict::kRefused;
  if (!is_terminal(state.phase)) return UndoVerdict::kBegins;
  if (state.stands || (state.outcome == Outcome::kCompleted && !undo_units(planner).empty())) {
    return UndoVerdict::kBegins;
  }
  return state.compensation.state == CompensationState::kIncomplete ? UndoVerdict::kRefused : UndoVerdict::kNothing;
}

}  // namespace

// Whoever asks gets an answer each time: what was asked twice is answered twice.
void handle(Planner& planner, const UndoExecution& input) {
  const State& state = planner.state();
  if (!is_terminal(state.phase) && state.undone_by == input.by) return;  // it hears it again
  const bool had_ended = is_terminal(state.phase);
  const auto objection = objection_to_undo(planner);
  const auto verdict = verdict_of(planner, objection);
  planner.record(UndoRequested{.by = input.by, .verdict = verdict, .objection = objection});
  if (verdict != UndoVerdict::kBegins) return;
  if (had_ended) {
    const auto title = "The execution that ran this one is undone";
    return begin_ending(planner, CompensationReason::kParent, "", make_problem("compensated", 409, title, {}, {}));
  }
  const bool goes_on = state.compensation.state == CompensationState::kNone && !is_ending(state);
  if (goes_on) planner.record(CancelRequested{.reason = "the execution that ran it is undone"});
}

}  // namespace skald::saga
