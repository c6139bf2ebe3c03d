#include "engine/saga/steps/deadline.hpp"

#include "engine/saga/problem.hpp"

namespace skald::saga {
bool has_passed(Planner& planner, std::string_view path) {
  const StepState& instance = planner.step(path);
  if (instance.timed_out) return true;
  if (!instance.deadline || planner.now() < *instance.deadline) return false;
  planner.record(TimeoutReached{.step = std::string(path)});
  return true;
}

std::optional<Timestamp> deadline_of(const Planner& planner, const definition::Step& step) {
  return step.timeout ? std::optional(planner.now() + *step.timeout) : std::nullopt;
}

bool is_late(Planner& planner, std::string_view path) {
  return has_passed(planner, path) && !planner.state().pivoted;
}

Payload lateness(const definition::Step& step) {
  return make_problem("timeout", 0, "The step took longer than its timeout", {}, step.pointer);
}

}  // namespace skald::saga
