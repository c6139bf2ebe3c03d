// The Authorization header of a request, from whom its adapter or its step says it is. Pure.
//
// Source: RFC 7617 (basic), RFC 6750 (bearer).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/adapter_settings.hpp"
#include "engine/definition/authentication.hpp"

namespace skald::adapters {

// Absent where the adapter has none. Errors: "secret.unknown".
Result<std::optional<Secret>> authorization_of(const Authentication& authentication, const Secrets& secrets);

struct SecretsOfSteps {
  const Secrets& secrets;
  const std::vector<std::string>* allowed;  // null: all of them
};

// Errors: "secret.unknown" (it is not set, and may be later), "secret.refused" (the step may not use it, it lacks the
// field, a value is missing or does not fit). Nothing of a secret is in them.
Result<Secret> authorization_of(const definition::Authentication& authentication, const SecretsOfSteps& known);

}  // namespace skald::adapters
