// `do`: a list of steps, one after another; each step's output is the next one's input.
#pragma once

#include <vector>

namespace skald::definition {

struct Step;

struct DoStep {
  std::vector<Step> steps;
};

}  // namespace skald::definition
