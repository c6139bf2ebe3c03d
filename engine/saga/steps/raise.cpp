#include "engine/saga/problem.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {

void start(Planner& planner, const definition::Step& step, const definition::RaiseStep& kind, std::string_view path,
           const StepInput& input) {
  const auto value = render(planner, kind.error, input.value, scope_of(planner, step, path, &input.value, nullptr));
  auto problem = value ? normalize_problem(value->json(), step.pointer) : std::unexpected(value.error());
  if (!problem) problem = make_problem("expression", 0, problem.error().message, {}, step.pointer);
  fail_step(planner, step, path, std::move(*problem), false);
}

}  // namespace skald::saga
