// When a failed attempt is followed by another.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/definition/policies.hpp"
#include "engine/saga/state.hpp"
#include "engine/saga/variables.hpp"

namespace skald::saga {

// What an attempt has ended with, and what expressions see beside it.
struct Failure {
  const Payload& error;
  const Variables& variables;
  std::optional<Millis> retry_after = {};  // lengthens the delay, up to the policy's cap
};

// `attempts` already counts the failure. nullopt: the policy's attempts or its duration are used up. `seed` chooses the
// jitter. Errors: "expression".
Result<std::optional<Timestamp>> next_attempt_at(const definition::RetryPolicy& policy, const Attempts& attempts,
                                                 const Failure& failure, Timestamp now, std::uint64_t seed);

// What `when` and `exceptWhen` say of an error; `otherwise`: without a `when`. A condition that fails says no.
bool conditions_hold(const std::optional<expression::Expression>& when,
                     const std::optional<expression::Expression>& except_when, const Payload& error,
                     const Variables& variables, bool otherwise);

}  // namespace skald::saga
