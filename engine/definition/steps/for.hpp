// `for`: a list of steps, once for each item of a collection. One after another, each iteration starts with what the
// last one left; with `concurrency` above 1 each starts with the loop's input, and the output is an array by index.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/definition/list_role.hpp"
#include "engine/expression/expression.hpp"

namespace skald::definition {

struct Step;

struct ForStep {
  std::optional<expression::Expression> items;      // `in`; there, where the document loads
  std::string each = "item";                        // the variable that holds the item
  std::string at = "index";                         // and the one that holds its place, from 0
  std::optional<expression::Expression> condition;  // `while`, before each iteration
  std::uint32_t concurrency = 1;                    // iterations at a time
  std::vector<Step> steps;

  void each_list(this auto& self, auto&& visit) { visit(ListRole::kLoop, self.steps); }
};

}  // namespace skald::definition
