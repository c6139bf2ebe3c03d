#include "engine/saga/retry.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/mix.hpp"
#include "engine/saga/steps/deadline.hpp"

namespace skald::saga {
namespace {

// No delay is longer than this, whatever the multiplier makes of it.
constexpr Millis kDelayMax = std::chrono::hours(24 * 365);

// The policy's durations, each told once.
struct Durations {
  Millis delay{0};
  Millis increment{0};
  Millis delay_max = kDelayMax;
  Millis jitter_from{0};
  Millis jitter_to{0};
  std::optional<Millis> limit;
};

Result<Durations> durations_of(const definition::RetryPolicy& policy, const Failure& failure) {
  std::optional<Error> problem;
  const auto tell = [&](const definition::Duration& duration, std::string_view what) {
    const auto length = length_of(duration, failure.error.json(), failure.variables, what);
    if (!length && !problem) problem = length.error();
    return length.value_or(Millis(0));
  };
  Durations told{.delay = tell(policy.delay, "The retry's delay")};
  if (policy.backoff == definition::RetryPolicy::Backoff::kLinear) {
    told.increment = tell(policy.increment, "The retry's increment");
  }
  if (policy.delay_max) told.delay_max = tell(*policy.delay_max, "The retry's maxDelay");
  told.jitter_from = tell(policy.jitter_from, "The retry's jitter.from");
  told.jitter_to = tell(policy.jitter_to, "The retry's jitter.to");
  if (policy.duration) told.limit = tell(*policy.duration, "The retry's limit.duration");
  if (problem) return std::unexpected(std::move(*problem));
  return told;
}

Millis backoff(const definition::RetryPolicy& policy, const Durations& told, std::uint32_t failures) {
  using Backoff = definition::RetryPolicy::Backoff;
  const double exponent = failures > 0 ? failures - 1 : 0;
  double millis = static_cast<double>(told.delay.count());
  if (policy.backoff == Backoff::kLinear) millis += static_cast<double>(told.increment.count()) * exponent;
  if (policy.backoff == Backoff::kExponential) millis *= std::pow(policy.multiplier, exponent);
  return Millis(static_cast<std::int64_t>(std::min(millis, static_cast<double>(told.delay_max.count()))));
}

Millis jitter(const Durations& told, std::uint64_t seed) {
  const auto span = told.jitter_to - told.jitter_from;
  if (span.count() <= 0) return told.jitter_from;
  return told.jitter_from + Millis(static_cast<std::int64_t>(mix(seed) % static_cast<std::uint64_t>(span.count() + 1)));
}

}  // namespace

bool conditions_hold(const std::optional<expression::Expression>& when,
                     const std::optional<expression::Expression>& except_when, const Payload& error,
                     const Variables& variables, bool otherwise) {
  const bool holds = when ? when->evaluate_condition(error.json(), variables).value_or(false) : otherwise;
  return holds && !(except_when && except_when->evaluate_condition(error.json(), variables).value_or(true));
}

Result<std::optional<Timestamp>> next_attempt_at(const definition::RetryPolicy& policy, const Attempts& attempts,
                                                 const Failure& failure, Timestamp now, std::uint64_t seed) {
  if (policy.attempt_count && attempts.counted >= *policy.attempt_count) return std::nullopt;
  const auto told = durations_of(policy, failure);
  if (!told) return std::unexpected(told.error());
  Millis delay = backoff(policy, *told, attempts.counted) + jitter(*told, seed);
  if (failure.retry_after) delay = std::max(delay, std::min(*failure.retry_after, told->delay_max));
  const Timestamp at = now + delay;
  if (told->limit && at > attempts.first_at + *told->limit) return std::nullopt;
  return at;
}

}  // namespace skald::saga
