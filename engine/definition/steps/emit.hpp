// `emit`: publish an event.
#pragma once

#include <string>

#include "engine/expression/value_template.hpp"

namespace skald::definition {

struct EmitStep {
  std::string type;                      // of the event; empty: an expression says it
  expression::ValueTemplate attributes;  // an object; `data` is one of them
};

}  // namespace skald::definition
