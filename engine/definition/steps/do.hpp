// `do`: a list of steps, one after another; each step's output is the next one's input.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "engine/definition/list_role.hpp"

namespace skald::definition {

struct Step;

struct DoStep {
  std::vector<Step> steps;
  std::optional<std::size_t> hooked;  // the place of the step that the others are hooks of, which says what all leave

  void each_list(this auto& self, auto&& visit) { visit(ListRole::kSequence, self.steps); }
};

}  // namespace skald::definition
