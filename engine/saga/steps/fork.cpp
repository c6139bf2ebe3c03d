#include "engine/saga/decide_compensate.hpp"
#include "engine/saga/end_scope.hpp"
#include "engine/saga/list_flow.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/steps/deadline.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {
namespace {

using definition::ForkStep;
using definition::Step;

// Each branch is a round of its own, with one step in it.
Progress advance_branch(Planner& planner, const ForkStep& kind, std::string_view path, std::uint32_t round) {
  return advance_list(planner, std::span(kind.branches).subspan(round - 1, 1), path, round);
}

// Ends the other branches, undoes what they have done, then the fork is over.
bool finish_race(Planner& planner, const Step& step, std::string_view path, std::uint32_t winner) {
  std::vector<std::string> running;
  for (const auto& branch : planner.step(path).children) {
    if (branch.status == StepStatus::kRunning) running.push_back(branch.path);
  }
  const Payload error = make_problem("race", 409, "Another branch was first", {}, step.pointer);
  bool ended = true;
  for (const auto& branch : running) ended = end_running_step(planner, branch, error) && ended;
  if (!ended) return false;
  const ScopeUndoStarted undo{.step = std::string(path),
                              .reason = CompensationReason::kRace,
                              .failed_step = {},
                              .error = error,
                              .kept = winner};
  if (!undo_inside(planner, undo)) return false;
  complete_step(planner, step, path, data_left_by(planner.step(path), winner));
  return true;
}

// The first branch to end well wins; the step fails where none does.
bool advance_race(Planner& planner, const Step& step, const ForkStep& kind, std::string_view path) {
  bool waits = false;
  Payload error;
  for (std::uint32_t round = 1; round <= kind.branches.size(); ++round) {
    if (const auto* winner = winner_of(planner.step(path))) return finish_race(planner, step, path, winner->round);
    const Progress progress = advance_branch(planner, kind, path, round);
    waits = waits || progress == Progress::kWaiting;
    if (progress == Progress::kFailed) error = last_entry(planner.step(path), round)->error;
  }
  if (const auto* winner = winner_of(planner.step(path))) return finish_race(planner, step, path, winner->round);
  if (waits) return false;
  if (error.is_null()) {  // all were skipped
    complete_step(planner, step, path, Payload(planner.step(path).input));
  } else {
    fail_step(planner, step, path, error, false);
  }
  return true;
}

bool advance_all(Planner& planner, const Step& step, const ForkStep& kind, std::string_view path) {
  if (const StepState* failed = first_failed(planner.step(path))) {
    return end_inside(planner, step, path, Payload(failed->error));
  }
  bool waits = false;
  for (std::uint32_t round = 1; round <= kind.branches.size(); ++round) {
    const Progress progress = advance_branch(planner, kind, path, round);
    waits = waits || progress == Progress::kWaiting;
    if (progress == Progress::kFailed) {
      return end_inside(planner, step, path, Payload(last_entry(planner.step(path), round)->error));
    }
  }
  if (waits) return false;
  const auto count = static_cast<std::uint32_t>(kind.branches.size());
  complete_step(planner, step, path, outputs_of(planner.step(path), count));
  return true;
}

}  // namespace

void start(Planner& planner, const Step& step, const ForkStep&, std::string_view path, const StepInput& input) {
  StepStarted opening = opening_of(planner, step, path, input);
  opening.apart = true;
  planner.record(std::move(opening));
}

bool advance(Planner& planner, const Step& step, const ForkStep& kind, std::string_view path) {
  if (is_late(planner, step, path)) return end_inside(planner, step, path, lateness(step));
  return kind.compete ? advance_race(planner, step, kind, path) : advance_all(planner, step, kind, path);
}

}  // namespace skald::saga
