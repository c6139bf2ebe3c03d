#include "engine/saga/end_scope.hpp"

#include <vector>

#include "engine/saga/decide_compensate.hpp"
#include "engine/saga/decide_forward.hpp"
#include "engine/saga/list_flow.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/runs.hpp"
#include "engine/saga/steps/deadline.hpp"

namespace skald::saga {
namespace {

bool is_in_flight(const StepState& step) {
  return step.attempts.in_flight || step.settling.in_flight;
}

// What was begun is brought to its end, but for the compensation of the whole, which takes it over.
bool has_undone(Planner& planner, const std::string& path) {
  const auto& undoing = planner.step(path).undoing;
  if (!undoing || is_ending(planner.state())) return true;
  return undo_inside(planner, ScopeUndoStarted{.step = path, .error = {}, .kept = undoing->kept});
}

}  // namespace

void close_incidents(Planner& planner, std::string_view path) {
  const auto incidents = planner.state().incidents;
  const std::string below = std::string(path) + ".";
  for (const auto& incident : incidents) {
    if (!incident.open || (incident.step != path && !incident.step.starts_with(below))) continue;
    planner.record(IncidentResolved{.number = incident.number,
                                    .resolution = IncidentResolution::kSkip,
                                    .reason = "the step around it has ended",
                                    .output = {}});
  }
}

bool is_over(const Planner& planner, std::string_view path) {
  std::uint32_t round = planner.round_of(path);
  for (std::string_view around = parent_of(path); !around.empty(); around = parent_of(around)) {
    const StepState& scope = planner.step(around);
    const auto& kind = planner.step_definition(around).kind;
    const auto* fork = std::get_if<definition::ForkStep>(&kind);
    const bool has_lanes = scope.apart && !std::holds_alternative<definition::TryStep>(kind);
    const StepState* first = nullptr;
    if (has_lanes) first = fork && fork->compete ? winner_of(scope) : first_failed(scope);
    if (first && first->round != round) return true;
    const bool is_late = scope.timed_out || (scope.limit && scope.limit->passed);
    if (is_late && !planner.state().pivoted) return true;
    round = scope.round;
  }
  return false;
}

bool end_running_steps(Planner& planner, std::string_view path, const Payload& error) {
  std::vector<std::string> running;
  for (const auto& child : planner.step(path).children) {
    if (child.status == StepStatus::kRunning) running.push_back(child.path);
  }
  bool ended = true;
  for (const auto& child : running) ended = end_running_step(planner, child, error) && ended;
  return ended;
}

bool end_running_step(Planner& planner, const std::string& path, const Payload& error) {
  const bool is_over = end_running_steps(planner, path, error) && has_undone(planner, path);
  if (!is_over || is_in_flight(planner.step(path))) {
    has_passed(planner, path);  // so that its deadlines wake nobody any more
    has_attempt_passed(planner, path);
    cancel_runs(planner, path);
    return false;
  }
  close_incidents(planner, path);
  planner.record(StepFailed{.step = path,
                            .error = error,
                            .unknown = planner.step(path).unknown,
                            .continued = false,
                            .status = planner.step_definition(path).status.faulted});
  return true;
}

bool end_inside(Planner& planner, const definition::Step& step, std::string_view path, const Payload& error) {
  if (!end_running_steps(planner, path, error) || !has_undone(planner, std::string(path))) return false;
  close_incidents(planner, path);
  fail_step(planner, step, path, error, false);
  return true;
}

}  // namespace skald::saga
