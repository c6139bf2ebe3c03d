// Reads the `with` of `call: http`.
#pragma once

#include <optional>

#include "engine/definition/load_context.hpp"
#include "engine/definition/steps/call.hpp"

namespace skald::definition {

// `with` may be null (an error). nullopt: errors were reported.
std::optional<HttpCall> read_http_call(LoadContext& context, const Node& call, const Node* with, const Scope& scope);

}  // namespace skald::definition
