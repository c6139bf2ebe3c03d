#include "engine/saga/steps/deadline.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/duration.hpp"
#include "engine/saga/data_flow.hpp"
#include "engine/saga/decide_forward.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/variables.hpp"

namespace skald::saga {
namespace {

constexpr std::size_t kShownMax = 100;

Result<std::optional<Millis>> longer_than_zero(const Result<Millis>& length, std::string_view what) {
  if (!length) return std::unexpected(length.error());
  if (*length > Millis(0)) return *length;
  return failure("expression", fmt::format("{} must be longer than zero", what));
}

struct Told {
  const definition::Duration& duration;
  bool is_of_function;  // it stands in the function that the step calls
  std::string_view what;
};

Result<std::optional<Millis>> told_for(const Planner& planner, const definition::Step& step, std::string_view path,
                                       const Payload& input, const Told& told) {
  if (const auto* constant = std::get_if<Millis>(&told.duration)) return *constant;
  Payload seen = input;
  if (told.is_of_function) {
    auto arguments = function_input(planner, step, path, input);
    if (!arguments) return failure("expression", "The function's input cannot be told");
    seen = std::move(*arguments);
  }
  const Scope scope = told.is_of_function ? call_scope(planner, step, path, seen, nullptr)
                                          : scope_of(planner, step, path, &seen, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  return longer_than_zero(length_of(told.duration, seen.json(), variables, told.what), told.what);
}

// Whether what has just become late may be ended for it; where not, an operator is told.
bool may_end(Planner& planner, std::string_view path, Payload error) {
  const bool may_not = planner.state().pivoted || planner.pivot_is_open();
  if (may_not) planner.raise_incident(path, IncidentKind::kTimeoutAfterPivot, std::move(error));
  return !planner.state().pivoted;
}

}  // namespace

Result<Millis> length_of(const definition::Duration& duration, const Json& seen, const Variables& variables,
                         std::string_view what) {
  if (const auto* constant = std::get_if<Millis>(&duration)) return *constant;
  const auto value = std::get<expression::Expression>(duration).evaluate(seen, variables);
  if (!value) return std::unexpected(value.error());
  const auto length = value->is_string() ? parse_duration(value->get_ref<const std::string&>()) : std::nullopt;
  if (length) return *length;
  const std::string text = dump_json(*value);
  return failure("expression",
                 fmt::format("{} must be an ISO 8601 duration such as 'PT5S', without years and months, of 10000 days "
                             "at most",
                             what),
                 {}, {},
                 text.size() <= kShownMax ? "got " + text : fmt::format("got a value of {} bytes", text.size()));
}

Result<std::optional<Millis>> timeout_of(const Planner& planner, const definition::Step& step, std::string_view path,
                                         const Payload& input) {
  if (!step.timeout) return std::nullopt;
  const bool is_of_function = step.function && step.function->times;
  return told_for(planner, step, path, input, {*step.timeout, is_of_function, "The timeout"});
}

Result<std::optional<Millis>> attempt_limit_of(const Planner& planner, const definition::Step& step,
                                               std::string_view path, const definition::RetryPolicy* policy,
                                               const Payload& input) {
  if (!policy || !policy->attempt_duration) return std::nullopt;
  const bool is_of_function = step.function && step.function->retries;
  return told_for(planner, step, path, input,
                  {*policy->attempt_duration, is_of_function, "The retry's limit.attempt.duration"});
}

Result<std::optional<Millis>> timeout_of(const definition::Definition& definition, const StartExecution& start) {
  if (!definition.timeout || definition::constant(definition.timeout)) return definition::constant(definition.timeout);
  State state;
  state.input = start.input;
  state.labels = start.labels;
  const Scope scope;
  constexpr std::string_view kWhat = "The timeout";
  return longer_than_zero(
      length_of(*definition.timeout, start.input.json(), Variables(definition, state, scope), kWhat), kWhat);
}

bool has_passed(Planner& planner, std::string_view path) {
  const StepState& instance = planner.step(path);
  if (instance.timed_out) return true;
  if (!instance.deadline || planner.now() < *instance.deadline) return false;
  planner.record(TimeoutReached{.step = std::string(path)});
  return true;
}

bool has_attempt_passed(Planner& planner, std::string_view path) {
  const StepState& instance = planner.step(path);
  if (!instance.limit) return false;
  if (instance.limit->passed) return true;
  if (planner.now() < instance.limit->deadline) return false;
  planner.record(TimeoutReached{.step = std::string(path), .attempt = instance.attempts.number + 1});
  return true;
}

bool is_late(Planner& planner, const definition::Step& step, std::string_view path) {
  const bool is_known = planner.step(path).timed_out;
  if (!has_passed(planner, path)) return false;
  return is_known ? !planner.state().pivoted : may_end(planner, path, lateness(step));
}

bool is_attempt_late(Planner& planner, const definition::Step& step, std::string_view path) {
  const auto& limit = planner.step(path).limit;
  const bool is_known = limit && limit->passed;
  if (!has_attempt_passed(planner, path)) return false;
  return is_known ? !planner.state().pivoted : may_end(planner, path, lateness_of_attempt(step));
}

Payload lateness(const definition::Step& step) {
  return make_problem("timeout", 0, "The step took longer than its timeout", {}, step.pointer);
}

Payload lateness_of_attempt(const definition::Step& step) {
  return make_problem("timeout", 0, "The attempt took longer than its limit", {}, step.pointer);
}

}  // namespace skald::saga
