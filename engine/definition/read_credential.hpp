// Readers of the values of an authentication: text, expression or secret.
#pragma once

#include "engine/definition/load_context.hpp"
#include "engine/definition/map_reader.hpp"

namespace skald::definition {

// Whether a secret is one of use.secrets; reported where it is not.
bool is_declared_secret(LoadContext& context, const Node& node, const std::string& name);

// `use` of a scheme: its values are those of one secret. Empty: errors were reported; nullopt: there is no `use`.
std::optional<std::string> read_secret_name(LoadContext& context, MapReader& map);

enum class Literal { kIsFine, kIsACredential };

// `node` may be null. No value: it is absent, or errors were reported.
CredentialText read_credential(LoadContext& context, const Node* node, const Scope& scope, Literal literal);

}  // namespace skald::definition
