// The Authorization header of a request, from whom its adapter or its step says it is. Pure.
//
// Source: RFC 7617 (basic), RFC 6750 (bearer).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/adapter_settings.hpp"
#include "adapters/http/token_request.hpp"
#include "engine/definition/authentication.hpp"

namespace skald::adapters {

// Absent where the adapter has none. Errors: "secret.unknown".
Result<std::optional<Secret>> authorization_of(const Authentication& authentication, const Secrets& secrets);

struct SecretsOfSteps {
  const Secrets& secrets;
  const std::vector<std::string>* allowed;  // null: all of them
};

// Errors of these: "secret.unknown" (it is not set, and may be later), "secret.forbidden" (the step may not use it),
// "secret.refused" (it lacks the field, a value is missing or does not fit). Nothing of a secret is in them.

// Absent where the first request goes without: digest waits for its challenge, of a token others take care.
Result<std::optional<Secret>> authorization_of(const definition::Authentication& authentication,
                                               const SecretsOfSteps& known);

// The values of the headers that hold secrets, by name.
using HeadersWithSecrets = std::vector<std::pair<std::string, Secret>>;
Result<HeadersWithSecrets> headers_of(const std::vector<definition::SecretHeader>& headers,
                                      const SecretsOfSteps& known);

struct UserAndPassword {
  Secret name;
  Secret password;
};
Result<UserAndPassword> user_of(const definition::DigestAuthentication& digest, const SecretsOfSteps& known);

// Whether an authority gives what is sent.
bool needs_token(const definition::Authentication& authentication);

// Of one that does.
Result<TokenPolicy> token_policy_of(const definition::Authentication& authentication, const SecretsOfSteps& known);

}  // namespace skald::adapters
