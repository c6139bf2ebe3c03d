#include "engine/saga/list_flow.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/definition/list_graph.hpp"
#include "engine/saga/path.hpp"

namespace skald::saga {

std::size_t next_place(std::span<const definition::Step> steps, const StepState& ended) {
  const std::string& then = ended.then;
  const std::size_t place = definition::place_of(steps, base_name(ended.name));
  const bool leaves_at_once = then == definition::kThenEnd || then == definition::kThenCompensate;
  const bool has_hooks = place < steps.size() && steps[place].given.is_input_around;
  if (then.empty() || (has_hooks && !leaves_at_once)) return std::min(place + 1, steps.size());
  if (then == definition::kThenExit || then == definition::kThenEnd || then == definition::kThenCompensate) {
    return steps.size();
  }
  return definition::place_of(steps, then);
}

const StepState* winner_of(const StepState& race) {
  const StepState* first = nullptr;
  for (const auto& branch : race.children) {
    const bool ended_well = branch.status == StepStatus::kCompleted || branch.continued;
    if (ended_well && (!first || branch.ended_position < first->ended_position)) first = &branch;
  }
  return first;
}

const StepState* first_failed(const StepState& list) {
  const StepState* first = nullptr;
  for (const auto& child : list.children) {
    const bool failed = child.status == StepStatus::kFailed && !child.continued;
    if (failed && (!first || child.ended_position < first->ended_position)) first = &child;
  }
  return first;
}

std::string entry_name(const StepState& list, std::string_view step) {
  for (auto child = list.children.rbegin(); child != list.children.rend(); ++child) {
    if (base_name(child->name) != step) continue;
    return fmt::format("{}#{}", step, entry_number(child->name) + 1);
  }
  return std::string(step);
}

}  // namespace skald::saga
