#include "engine/saga/steps/listening.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/saga/received_events.hpp"
#include "engine/saga/subscriptions.hpp"

namespace skald::saga {
namespace {

using definition::ListenStep;
using definition::Step;

// Whether there is one of each pattern from `first` to `last`, or, where one is enough, of any of them.
bool has_patterns(const StepState& step, ListenStep::Strategy strategy, std::uint32_t first, std::uint32_t last) {
  const auto has = [&](std::uint32_t pattern) {
    return std::ranges::any_of(step.events, [&](const auto& event) { return event.pattern == pattern; });
  };
  const bool needs_all = strategy == ListenStep::Strategy::kAll;
  for (std::uint32_t pattern = first; pattern <= last; ++pattern) {
    if (has(pattern) != needs_all) return !needs_all;
  }
  return needs_all;
}

}  // namespace

Result<bool> has_all(const Planner& planner, const Step& step, const ListenStep& kind, std::string_view path) {
  const StepState& instance = planner.step(path);
  if (instance.listening_ended) return true;
  if (instance.events.empty()) return false;
  const bool called_back = std::ranges::any_of(instance.events, [](const auto& event) { return event.pattern == 0; });
  if (called_back) return true;  // answers for all of them
  if (kind.has_events_in_until()) {
    const auto last = static_cast<std::uint32_t>(kind.patterns.size());
    return has_patterns(instance, kind.until_strategy, kind.wanted + 1, last);
  }
  if (!has_patterns(instance, kind.strategy, 1, kind.wanted)) return false;
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
