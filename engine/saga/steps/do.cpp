#include "engine/saga/path.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {
namespace {

bool deadline_has_passed(Planner& planner, std::string_view path) {
  const StepState& instance = planner.step(path);
  if (instance.timed_out) return true;
  if (!instance.deadline || planner.now() < *instance.deadline) return false;
  planner.record(TimeoutReached{.step = std::string(path)});
  return true;
}

}  // namespace

void start(Planner& planner, const definition::Step& step, const definition::DoStep&, std::string_view path,
           const StepInput& input) {
  std::optional<Timestamp> deadline;
  if (step.timeout) deadline = planner.now() + *step.timeout;
  planner.record(StepStarted{.step = std::string(path),
                             .request = nullptr,
                             .input = input.if_changed(),
                             .deadline = deadline,
                             .status = step.status.running});
}

bool advance(Planner& planner, const definition::Step& step, const definition::DoStep& kind, std::string_view path) {
  if (deadline_has_passed(planner, path) && !planner.state().pivoted) {
    if (has_call_in_flight(planner.step(path))) return false;
    const Payload error = make_problem("timeout", 0, "The step took longer than its timeout", {}, step.pointer);
    end_running_steps(planner, path, error);
    fail_step(planner, step, path, error, false);
    return true;
  }
  switch (advance_list(planner, kind.steps, path)) {
    case Progress::kWaiting:
      return false;
    case Progress::kCompleted:
      complete_step(planner, step, path, data_left_by(planner.step(path)));
      return true;
    case Progress::kFailed:
      fail_step(planner, step, path, planner.step(path).children.back().error, false);
      return true;
  }
  return false;
}

}  // namespace skald::saga
