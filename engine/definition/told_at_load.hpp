// Values of a schedule that expressions tell. They are asked when the document is loaded: there is no execution yet
// that they could look at. `.` is null, and of the variables there is $workflow.definition, the document as it is
// written. What goes wrong is reported.
#pragma once

#include "engine/definition/load_context.hpp"

namespace skald::definition {

// As read_duration, or a wrapped expression.
std::optional<Millis> read_duration_at_load(LoadContext& context, const Node& node);

// Any value with `${ }` scalars in it.
std::optional<Json> read_value_at_load(LoadContext& context, const Node& node);

}  // namespace skald::definition
