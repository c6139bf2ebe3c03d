// `switch`: the first case whose condition holds says where the flow goes on. The step's input is its output.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/expression/expression.hpp"

namespace skald::definition {

struct SwitchCase {
  std::string name;
  std::optional<expression::Expression> when;  // none: the default, taken where no other case holds
  std::string then;                            // as Step::then
};

struct SwitchStep {
  std::vector<SwitchCase> cases;
};

}  // namespace skald::definition
