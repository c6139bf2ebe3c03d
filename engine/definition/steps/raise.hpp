// `raise`: fails with an error of the author's own, inline or by a name of `use.errors`.
#pragma once

#include "engine/expression/value_template.hpp"

namespace skald::definition {

struct RaiseStep {
  // Renders to a problem object {type, status, title?, detail?, instance?}.
  expression::ValueTemplate error;
};

}  // namespace skald::definition
