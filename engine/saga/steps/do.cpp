#include "engine/saga/end_scope.hpp"
#include "engine/saga/steps/deadline.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {

void start(Planner& planner, const definition::Step& step, const definition::DoStep&, std::string_view path,
           const StepInput& input) {
  planner.record(opening_of(planner, step, path, input));
}

bool advance(Planner& planner, const definition::Step& step, const definition::DoStep& kind, std::string_view path) {
  if (is_late(planner, step, path)) return end_inside(planner, step, path, lateness(step));
  return advance_to_end(planner, step, path, kind.steps, 0);
}

}  // namespace skald::saga
