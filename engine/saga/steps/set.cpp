#include "engine/saga/problem.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {

void start(Planner& planner, const definition::Step& step, const definition::SetStep& kind, std::string_view path,
           const StepInput& input) {
  const auto value = render(planner, kind.value, input.value, scope_of(planner, step, path, &input.value, nullptr));
  if (!value) {
    fail_step(planner, step, path, make_problem("expression", 0, value.error().message, {}, step.pointer), false);
    return;
  }
  complete_step(planner, step, path, *value, {.input = input.value});
}

}  // namespace skald::saga
