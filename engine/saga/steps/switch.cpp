#include "engine/saga/problem.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {

void start(Planner& planner, const definition::Step& step, const definition::SwitchStep& kind, std::string_view path,
           const StepInput& input) {
  const Scope scope = scope_of(planner, step, path, &input.value, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  const definition::SwitchCase* chosen = nullptr;
  for (const auto& one : kind.cases) {
    if (!one.when) {
      if (chosen == nullptr) chosen = &one;  // unless another one holds
      continue;
    }
    const auto holds = one.when->evaluate_condition(input.value.json(), variables);
    if (!holds) {
      const auto& error = holds.error();
      return fail_step(planner, step, path, make_problem("expression", 0, error.message, error.detail, step.pointer),
                       false);
    }
    if (!*holds) continue;
    chosen = &one;
    break;
  }
  complete_step(planner, step, path, input.value,
                {.then = chosen ? std::optional(chosen->then) : std::nullopt, .input = input.value});
}

}  // namespace skald::saga
