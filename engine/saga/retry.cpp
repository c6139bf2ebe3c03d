#include "engine/saga/retry.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/mix.hpp"

namespace skald::saga {
namespace {

// No delay is longer than this, whatever the multiplier makes of it.
constexpr Millis kDelayMax = std::chrono::hours(24 * 365);

Millis backoff(const definition::RetryPolicy& policy, std::uint32_t failures) {
  using Backoff = definition::RetryPolicy::Backoff;
  const double exponent = failures > 0 ? failures - 1 : 0;
  double millis = static_cast<double>(policy.delay.count());
  if (policy.backoff == Backoff::kLinear) millis += static_cast<double>(policy.increment.count()) * exponent;
  if (policy.backoff == Backoff::kExponential) millis *= std::pow(policy.multiplier, exponent);
  const Millis cap = policy.delay_max.value_or(kDelayMax);
  return Millis(static_cast<std::int64_t>(std::min(millis, static_cast<double>(cap.count()))));
}

Millis jitter(const definition::RetryPolicy& policy, std::uint64_t seed) {
  const auto span = policy.jitter_to - policy.jitter_from;
  if (span.count() <= 0) return policy.jitter_from;
  return policy.jitter_from +
         Millis(static_cast<std::int64_t>(mix(seed) % static_cast<std::uint64_t>(span.count() + 1)));
}

}  // namespace

bool conditions_hold(const std::optional<expression::Expression>& when,
                     const std::optional<expression::Expression>& except_when, const Payload& error,
                     const Variables& variables, bool otherwise) {
  const bool holds = when ? when->evaluate_condition(error.json(), variables).value_or(false) : otherwise;
  return holds && !(except_when && except_when->evaluate_condition(error.json(), variables).value_or(true));
}

std::optional<Timestamp> next_attempt_at(const definition::RetryPolicy& policy, const Attempts& attempts, Timestamp now,
                                         std::optional<Millis> retry_after, std::uint64_t seed) {
  if (policy.attempt_count && attempts.counted >= *policy.attempt_count) return std::nullopt;
  Millis delay = backoff(policy, attempts.counted) + jitter(policy, seed);
  if (retry_after) delay = std::max(delay, std::min(*retry_after, policy.delay_max.value_or(kDelayMax)));
  const Timestamp at = now + delay;
  if (policy.duration && at > attempts.first_at + *policy.duration) return std::nullopt;
  return at;
}

}  // namespace skald::saga
