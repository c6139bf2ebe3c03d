#include "engine/saga/list_flow.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/definition/list_graph.hpp"
#include "engine/saga/path.hpp"

namespace skald::saga {

std::size_t next_place(std::span<const definition::Step> steps, const StepState& ended) {
  return definition::place_behind(steps, definition::place_of(steps, base_name(ended.name)), ended.then);
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
