// `do`: a list of steps, one after another; each step's output is the next one's input.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/base/payload.hpp"
#include "engine/definition/list_role.hpp"

namespace skald::definition {

struct Step;

// A step of the document between the hooks of an extension: it says what the list as a whole leaves.
struct HookedStep {
  std::size_t place = 0;  // in the list
  Payload task;           // what the hooks know as $task: its keys in the document
};

struct DoStep {
  std::vector<Step> steps;
  std::shared_ptr<const HookedStep> hooked = nullptr;  // null: the list is as the document has it

  void each_list(this auto& self, auto&& visit) { visit(ListRole::kSequence, self.steps); }
};

}  // namespace skald::definition
