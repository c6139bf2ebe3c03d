#include "engine/saga/end_scope.hpp"
#include "engine/saga/steps/deadline.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {

void start(Planner& planner, const definition::Step& step, const definition::DoStep&, std::string_view path,
           const StepInput& input) {
  planner.record(StepStarted{.step = std::string(path),
                             .round = planner.round_of(path),
                             .request = nullptr,
                             .input = input.if_changed(),
                             .deadline = deadline_of(planner, step),
                             .status = step.status.running});
}

bool advance(Planner& planner, const definition::Step& step, const definition::DoStep& kind, std::string_view path) {
  if (is_late(planner, path)) return end_inside(planner, step, path, lateness(step));
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
