// `set`: the step's output is this value.
#pragma once

#include "engine/expression/value_template.hpp"

namespace skald::definition {

struct SetStep {
  expression::ValueTemplate value;
};

}  // namespace skald::definition
