#include <nlohmann/json.hpp>

#include "engine/saga/data_flow.hpp"
#include "engine/saga/decide_compensate.hpp"
#include "engine/saga/end_scope.hpp"
#include "engine/saga/retry.hpp"
#include "engine/saga/steps/deadline.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {
namespace {

using definition::Step;
using definition::TryStep;

bool matches(const Json& filter, const Json& error) {
  for (const auto& [key, value] : filter.items()) {
    const auto field = error.find(key);
    if (field == error.end()) return false;
    const bool is_type = key == "type" && value.is_string() && field->is_string();
    if (is_type &&
        definition::is_same_error_type(value.get_ref<const std::string&>(), field->get_ref<const std::string&>())) {
      continue;
    }
    if (*field != value) return false;
  }
  return true;
}

// The steps of a round have failed: again, handled, passed over, or the error goes on.
void meet_error(Planner& planner, const Step& step, const TryStep& kind, std::string_view path, const Payload& error) {
  const std::uint32_t round = planner.step(path).attempts.number + 1;
  const StepState& instance = planner.step(path);
  Scope scope = scope_of(planner, step, path, &instance.input, nullptr);
  scope.error = &error;
  scope.error_name = kind.as;
  bool catches = !is_at_limit(planner) && (kind.with.is_null() || matches(kind.with.json(), error.json()));
  bool repeats = false;
  if (catches) {
    const Variables variables(planner.definition(), planner.state(), scope);
    catches = conditions_hold(kind.when, kind.except_when, error, variables, true);
  }
  scope.error_name = "error";
  const Variables variables(planner.definition(), planner.state(), scope);
  if (catches && kind.retry) {
    repeats = conditions_hold(kind.retry->when, kind.retry->except_when, error, variables, true);
  }
  planner.record(AttemptFailed{.step = std::string(path),
                               .attempt = round,
                               .outcome = AttemptClass::kRefused,
                               .retryable = repeats,
                               .error = error});
  if (repeats) {
    const auto at = next_attempt_at(*kind.retry, planner.step(path).attempts, {error, variables}, planner.now(),
                                    planner.next_seed());
    if (!at) return fail_step(planner, step, path, expression_problem(at.error(), step), false);
    if (*at) return planner.record(RetryScheduled{.step = std::string(path), .attempt = round + 1, .at = **at});
  }
  const bool has_given_up = kind.retry && kind.handler.empty();
  if (!catches || has_given_up) return fail_step(planner, step, path, error, false);
  planner.record(ErrorCaught{.step = std::string(path), .round = round + 1, .error = error});
}

bool advance_handler(Planner& planner, const Step& step, const TryStep& kind, std::string_view path) {
  const std::uint32_t round = planner.step(path).handler_round;
  if (kind.compensates) {
    const StepState& instance = planner.step(path);
    const ScopeUndoStarted undo{.step = std::string(path),
                                .reason = CompensationReason::kFault,
                                .failed_step = instance.children.back().path,
                                .error = instance.caught,
                                .kept = round};
    if (!undo_inside(planner, undo)) return false;
  }
  if (kind.handler.empty()) {
    complete_step(planner, step, path, Payload(planner.step(path).input));
    return true;
  }
  return advance_to_end(planner, step, path, kind.handler, round);
}

}  // namespace

void start(Planner& planner, const Step& step, const TryStep& kind, std::string_view path, const StepInput& input) {
  StepStarted opening = opening_of(planner, step, path, input);
  opening.apart = true;
  const auto limit = attempt_limit_of(planner, step, path, kind.retry ? &*kind.retry : nullptr, input.value);
  if (!limit) return fail_step(planner, step, path, expression_problem(limit.error(), step), false);
  opening.attempt_limit = *limit;
  planner.record(std::move(opening));
}

bool advance(Planner& planner, const Step& step, const TryStep& kind, std::string_view path) {
  if (is_late(planner, step, path)) return end_inside(planner, step, path, lateness(step));
  const StepState& instance = planner.step(path);
  if (instance.handler_round != 0) return advance_handler(planner, step, kind, path);
  if (instance.attempts.retry_at && *instance.attempts.retry_at > planner.now()) return false;
  if (is_attempt_late(planner, step, path)) {
    const Payload error = lateness_of_attempt(step);
    if (!end_running_steps(planner, path, error)) return false;
    close_incidents(planner, path);
    meet_error(planner, step, kind, path, error);
    return true;
  }
  const std::uint32_t round = planner.step(path).attempts.number + 1;
  switch (advance_list(planner, kind.steps, path, round)) {
    case Progress::kWaiting:
      return false;
    case Progress::kCompleted:
      complete_step(planner, step, path, data_left_by(planner.step(path), round));
      return true;
    case Progress::kFailed:
      meet_error(planner, step, kind, path, Payload(last_entry(planner.step(path), round)->error));
      return true;
  }
  return false;
}

}  // namespace skald::saga
