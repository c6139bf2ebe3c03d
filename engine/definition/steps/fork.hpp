// `fork`: branches that run at once, each from the step's input. The output is an array, in the order of the branches;
// with `compete` it is that of the branch that completes first.
#pragma once

#include <vector>

#include "engine/definition/list_role.hpp"

namespace skald::definition {

struct Step;

struct ForkStep {
  bool compete = false;
  std::vector<Step> branches;

  void each_list(this auto& self, auto&& visit) {
    visit(self.compete ? ListRole::kRace : ListRole::kBranches, self.branches);
  }
};

}  // namespace skald::definition
