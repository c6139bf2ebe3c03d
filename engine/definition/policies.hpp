// The small policies that steps and workflows carry: retry, labels, data flow, errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "engine/base/time.hpp"
#include "engine/definition/json_schema.hpp"
#include "engine/expression/expression.hpp"
#include "engine/expression/value_template.hpp"

namespace skald::definition {

// What is not constant is told by an expression, as ISO 8601 text.
using Duration = std::variant<Millis, expression::Expression>;

inline std::optional<Millis> constant(const std::optional<Duration>& duration) {
  const auto* millis = duration ? std::get_if<Millis>(&*duration) : nullptr;
  return millis ? std::optional(*millis) : std::nullopt;
}

// DSL 1.0.3 "retry". An absent limit is none; `attempt_count` includes the first attempt. Expressions are asked when an
// attempt has failed; `.` and $error are the error. That of `attempt_duration` is asked when the step starts; `.` is
// its input.
struct RetryPolicy {
  enum class Backoff { kConstant, kLinear, kExponential };

  Duration delay = Millis(0);
  Backoff backoff = Backoff::kConstant;
  double multiplier = 2;              // exponential
  Duration increment = Millis(0);     // linear; the delay itself where the document names none
  std::optional<Duration> delay_max;  // caps back-off and Retry-After
  Duration jitter_from = Millis(0);   // added to each delay, uniformly between the two
  Duration jitter_to = Millis(0);
  std::optional<std::uint32_t> attempt_count;  // nullopt: without limit
  std::optional<Duration> attempt_duration;    // limit.attempt.duration, one attempt
  std::optional<Duration> duration;            // limit.duration, all attempts
  std::optional<expression::Expression> when;  // overrides what is retried
  std::optional<expression::Expression> except_when;
};

// Business labels; absent means "leave the label as it is".
struct StatusLabels {
  std::optional<std::string> started;  // saga only
  std::optional<std::string> running;  // step only
  std::optional<std::string> completed;
  std::optional<std::string> faulted;
  std::optional<std::string> compensating;
  std::optional<std::string> compensated;
  std::optional<std::string> cancelled;  // saga only
};

// input.{from,schema}, output.{as,schema}, export.{as,schema}.
struct DataFlow {
  std::optional<expression::ValueTemplate> input_from;
  std::optional<JsonSchema> input_schema;
  std::optional<expression::ValueTemplate> output_as;
  std::optional<JsonSchema> output_schema;
  std::optional<expression::ValueTemplate> export_as;
  std::optional<JsonSchema> export_schema;
};

}  // namespace skald::definition
