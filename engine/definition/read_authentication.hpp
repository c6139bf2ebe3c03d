// Readers of `authentication`, of `use.authentications` and of `use.secrets`.
#pragma once

#include "engine/definition/load_context.hpp"
#include "engine/definition/map_reader.hpp"

namespace skald::definition {

// The `secrets` and `authentications` of `use`: fills context.secrets and context.authentications.
void read_use_of_secrets(LoadContext& context, MapReader& use);

// Of an endpoint: one scheme, or {use: name}. Null: errors were reported.
AuthenticationPtr read_authentication(LoadContext& context, const Node& node, const Scope& scope);

}  // namespace skald::definition
