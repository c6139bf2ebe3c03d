// Readers of the authentications `oauth2` and `oidc`.
#pragma once

#include "engine/definition/load_context.hpp"

namespace skald::definition {

// What an authority needs to know: the same keys for both, but that `oauth2` has `endpoints`.
OAuth2Authentication read_oauth2(LoadContext& context, const Node& node, const Scope& scope);
OAuth2Authentication read_oidc(LoadContext& context, const Node& node, const Scope& scope);

}  // namespace skald::definition
