// The endpoint of `call: http`: a literal URI with `{name}` places, or one expression.
#pragma once

#include "engine/definition/load_context.hpp"
#include "engine/definition/steps/call.hpp"

namespace skald::definition {

// Reads a string or {uri: string, authentication} into `call`. A definition that is not trusted may name allowed hosts
// only.
void read_endpoint(LoadContext& context, const Node& node, const Scope& scope, HttpCall& call);

}  // namespace skald::definition
