// Readers of the values of an authentication: text, expression or secret.
#pragma once

#include "engine/definition/load_context.hpp"

namespace skald::definition {

// Whether a secret is one of use.secrets; reported where it is not.
bool is_declared_secret(LoadContext& context, const Node& node, const std::string& name);

enum class Literal { kIsFine, kIsACredential };

// `node` may be null. No value: it is absent, or errors were reported.
CredentialText read_credential(LoadContext& context, const Node* node, const Scope& scope, Literal literal);

}  // namespace skald::definition
