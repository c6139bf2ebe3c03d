// `do`: a list of steps, one after another; each step's output is the next one's input.
#pragma once

#include <vector>

#include "engine/definition/list_role.hpp"

namespace skald::definition {

struct Step;

struct DoStep {
  std::vector<Step> steps;

  void each_list(this auto& self, auto&& visit) { visit(ListRole::kSequence, self.steps); }
};

}  // namespace skald::definition
