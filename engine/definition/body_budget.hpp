// What a document may grow to by what stands in it once and is read with each step that uses it: the bodies of
// functions, the hooks of extensions; and how deep their steps may stand within each other.
#pragma once

#include "engine/definition/load_context.hpp"

namespace skald::definition {

// Counts `body` once more. False beyond the budget, which is reported once, at `place`.
bool charge_body(LoadContext& context, const Node& place, const Node& body);

// Whether the step of that path stands within too many others, which is reported, at `place`. It bounds the length of a
// path as well.
bool is_too_deep(LoadContext& context, const Node& place, std::string_view path);

}  // namespace skald::definition
