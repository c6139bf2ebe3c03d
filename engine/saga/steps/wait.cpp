#include "engine/base/duration.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/steps/deadline.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {

void start(Planner& planner, const definition::Step& step, const definition::WaitStep& kind, std::string_view path,
           const StepInput& input) {
  const Scope scope = scope_of(planner, step, path, &input.value, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  const auto duration = length_of(kind.duration, input.value.json(), variables, "The time to wait");
  if (!duration) {
    const Error& error = duration.error();
    fail_step(planner, step, path, make_problem("expression", 0, error.message, error.detail, step.pointer), false);
    return;
  }
  StepStarted opening = opening_of(planner, step, path, input);
  opening.wait_until = planner.now() + *duration;
  planner.record(std::move(opening));
}

bool advance(Planner& planner, const definition::Step& step, const definition::WaitStep&, std::string_view path) {
  const StepState& instance = planner.step(path);
  const bool is_over = planner.now() >= *instance.wait_until;
  const bool ends_in_time = !instance.deadline || *instance.wait_until <= *instance.deadline;
  if (!(is_over && ends_in_time) && is_late(planner, step, path)) {
    fail_step(planner, step, path, lateness(step), false);
    return true;
  }
  if (!is_over) return false;
  complete_step(planner, step, path, planner.step(path).input);
  return true;
}

}  // namespace skald::saga
