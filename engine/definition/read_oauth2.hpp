// Readers of the authentications `oauth2` and `oidc`.
#pragma once

#include "engine/definition/load_context.hpp"

namespace skald::definition {

// What an authority needs to know: the same keys for both, but that `oauth2` has `endpoints`. {use: <a secret>} gives
// an OAuth2Secret.
Authentication read_oauth2(LoadContext& context, const Node& node, const Scope& scope);
Authentication read_oidc(LoadContext& context, const Node& node, const Scope& scope);

// What a secret holds for {use: <its name>}. Errors: "secret.refused", with nothing of its values in them.
Result<OAuth2Authentication> read_oauth2_secret(const OAuth2Secret& secret, std::string_view value);

}  // namespace skald::definition
