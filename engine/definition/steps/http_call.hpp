// Reads the `with` of `call: http`.
#pragma once

#include <optional>
#include <string_view>

#include "engine/definition/load_context.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/steps/call.hpp"

namespace skald::definition {

// The `output` and `redirect` of a call.
void read_answer_keys(LoadContext& context, MapReader& map, HttpCall& call);

// `with` may be null (an error). nullopt: errors were reported.
std::optional<HttpCall> read_http_call(LoadContext& context, const Node& call, const Node* with, const Scope& scope);

}  // namespace skald::definition
