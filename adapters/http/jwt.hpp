// JSON Web Tokens, as far as a client of an authority needs them: one that its secret signs, and what one says. Pure.
//
// Source: RFC 7515 and RFC 7519, with HS256 (RFC 7518, 3.2). A token's signature is not checked here: what reads it
// asks what the authority said over a connection that is the authority's.
#pragma once

#include <optional>
#include <string_view>

#include "adapters/secret.hpp"
#include "engine/base/json.hpp"

namespace skald::adapters {

Secret signed_jwt(const Json& claims, const Secret& key);

// nullopt: it is none.
std::optional<Json> claims_of(std::string_view jwt);

}  // namespace skald::adapters
