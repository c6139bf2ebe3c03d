// What a document may grow to by what stands in it once and is read with each step that uses it: the bodies of
// functions, the hooks of extensions.
#pragma once

#include "engine/definition/load_context.hpp"

namespace skald::definition {

// Counts `body` once more. False beyond the budget, which is reported once, at `place`.
bool charge_body(LoadContext& context, const Node& place, const Node& body);

}  // namespace skald::definition
