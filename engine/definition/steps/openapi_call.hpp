// Reads the `with` of `call: openapi`: an operation of a document becomes the HTTP call that it describes.
//
// Source: "OpenAPI Call" of the DSL reference 1.0.3, which does not say how a body is given: here it is the argument
// `body`, in a document of version 2.0 the one that has the body parameter's name.
#pragma once

#include <optional>

#include "engine/definition/load_context.hpp"
#include "engine/definition/steps/call.hpp"

namespace skald::definition {

// `with` may be null (an error). nullopt: errors were reported.
std::optional<HttpCall> read_openapi_call(LoadContext& context, const Node& call, const Node* with, const Scope& scope);

}  // namespace skald::definition
