#include "engine/saga/steps/listening.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/definition/enough_events.hpp"
#include "engine/saga/received_events.hpp"
#include "engine/saga/subscriptions.hpp"

namespace skald::saga {

using definition::ListenStep;
using definition::Step;

Result<bool> has_all(const Planner& planner, const Step& step, const ListenStep& kind, std::string_view path) {
  const StepState& instance = planner.step(path);
  if (instance.listening_ended) return true;
  if (instance.events.empty()) return false;
  const auto has = [&](std::uint32_t pattern) {
    return std::ranges::any_of(instance.events, [&](const auto& event) { return event.pattern == pattern; });
  };
  if (has(0)) return true;  // called back: it answers for all of them
  if (!definition::has_enough(kind, has)) return false;
  if (!kind.until) return true;
  const Payload taken = items_of(kind, instance);
  const Scope scope = scope_of(planner, step, path, &instance.input, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  return kind.until->evaluate_condition(taken.json(), variables);
}

bool is_between_iterations(const StepState& step) {
  return !last_entry(step, static_cast<std::uint32_t>(step.results.size()) + 1);
}

void heard(Planner& planner, const Step& step, const ListenStep& kind, std::string_view path) {
  const StepState& instance = planner.step(path);
  const bool is_asked_by_itself = is_between_iterations(instance) && !is_held(planner.state(), path);
  if (is_asked_by_itself || instance.listening_ended) return;
  // What cannot be told is told when the step goes on.
  const auto ends = has_all(planner, step, kind, path);
  if (ends && *ends) planner.record(ListeningEnded{.step = std::string(path)});
}

}  // namespace skald::saga
