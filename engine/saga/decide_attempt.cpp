// What an answer means: for a step, for its settling, for its undo.
#include <nlohmann/json.hpp>

#include "engine/saga/data_flow.hpp"
#include "engine/saga/decide_forward.hpp"
#include "engine/saga/decide_inputs.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/retry.hpp"

namespace skald::saga {
namespace {

AttemptClass class_of(const Answer& answer) {
  return answer.outcome == AttemptOutcome::kRefused ? AttemptClass::kRefused : AttemptClass::kUnknown;
}

// Schedules the next attempt where the policy allows one: where the outcome table says so, unless the policy's own
// conditions, which are not asked of settling, say otherwise. A condition that fails says no. Errors: "expression".
Result<bool> schedule_retry(Planner& planner, const definition::RetryPolicy& policy, const definition::Step& step,
                            const AttemptEnded& input, const Payload& error) {
  const StepState& instance = planner.step(input.step);
  const bool is_of_function = step.function && step.function->retries && !input.settling;
  const auto seen = is_of_function ? call_input(planner, step, input.step) : instance.input;
  if (!seen) return false;
  Scope scope = is_of_function ? call_scope(planner, step, input.step, *seen, nullptr)
                               : scope_of(planner, step, input.step, &instance.input, nullptr);
  scope.error = &error;
  const Variables variables(planner.definition(), planner.state(), scope);
  const Answer& answer = input.answer;
  const bool may = input.settling
                       ? answer.retryable
                       : conditions_hold(policy.when, policy.except_when, error, variables, answer.retryable);
  if (!may) return false;
  const Attempts& attempts = input.settling ? instance.settling : instance.attempts;
  const auto at =
      next_attempt_at(policy, attempts, {error, variables, answer.retry_after}, planner.now(), planner.next_seed());
  if (!at) return std::unexpected(at.error());
  if (*at) planner.record(RetryScheduled{.step = input.step, .attempt = attempts.number + 1, .at = **at});
  return at->has_value();
}

void record_failure(Planner& planner, const AttemptEnded& input, const Payload& error) {
  planner.record(AttemptFailed{.step = input.step,
                               .attempt = input.attempt,
                               .outcome = class_of(input.answer),
                               .retryable = input.answer.retryable,
                               .error = error});
}

// The settled output, after output.as where that can be made of it.
Payload settled_output(const Planner& planner, const definition::Step& step, const AttemptEnded& input) {
  const StepState& instance = planner.step(input.step);
  Payload body = function_output(planner, step, input.step, input.answer.body).value_or(input.answer.body);
  if (!step.data.output_as) return body;
  const Scope scope = scope_of(planner, step, input.step, &instance.input, &body);
  return render(planner, *step.data.output_as, body, scope).value_or(body);
}

void settling_ended(Planner& planner, const definition::Step& step, const AttemptEnded& input) {
  const Answer& answer = input.answer;
  const bool holds_flow = planner.step(input.step).status == StepStatus::kRunning;  // a pivot
  if (answer.outcome == AttemptOutcome::kDone) {
    planner.record(SettleEnded{.step = input.step, .done = true, .output = settled_output(planner, step, input)});
    if (holds_flow) complete_step(planner, step, input.step, answer.body);
    return;
  }
  const Payload error = problem_of(answer, step.pointer);
  if (answer.outcome == AttemptOutcome::kRefused && answer.sent && !answer.retryable) {
    planner.record(SettleEnded{.step = input.step, .done = false, .output = {}});
    if (holds_flow) fail_step(planner, step, input.step, error, false);
    return;
  }
  record_failure(planner, input, error);
  const auto retries = schedule_retry(planner, planner.definition().saga.retry, step, input, error);
  if (retries == true) return;
  planner.raise_incident(input.step, IncidentKind::kSettleFailed,
                         retries ? error : expression_problem(retries.error(), step));
}

// After a settled refusal the participant has nothing to undo, and says so.
bool proves_absence(const Planner& planner, const AttemptEnded& input) {
  const bool is_run = planner.step(input.step).request->run.has_value();
  return !is_run && planner.step(step_of(input.step)).settled_refused &&
         (input.answer.status == 404 || input.answer.status == 410);
}

void end_whole_undo(Planner& planner, const std::string& path) {
  const auto& label = planner.step_definition(parent_of(path)).status.compensated;
  planner.record(UndoCompleted{.step = path, .status = label});
}

void attempt_failed(Planner& planner, const definition::Step& step, const AttemptEnded& input) {
  Payload error = problem_of(input.answer, step.pointer);
  record_failure(planner, input, error);
  const bool forward = !is_in_undo(input.step);
  const bool refused = input.answer.outcome == AttemptOutcome::kRefused;
  if (!forward && proves_absence(planner, input)) {
    const bool is_whole = input.step.ends_with(kUndoSuffix);
    return is_whole ? end_whole_undo(planner, input.step) : complete_step(planner, step, input.step, Payload());
  }
  if (forward && is_ending(planner.state())) return fail_step(planner, step, input.step, error, false);
  // Of what a run has left, the execution that is behind it knows; another attempt would make another one.
  const bool is_run = planner.step(input.step).request->run.has_value();
  const auto* policy = is_run && !refused ? nullptr : planner.retry_policy(step, input.step);
  const auto retries = policy ? schedule_retry(planner, *policy, step, input, error) : false;
  if (retries == true) return;
  if (!retries) error = expression_problem(retries.error(), step);
  if (forward && step.pivot && planner.step(input.step).unknown && !(refused && input.answer.sent)) {
    // What it ran has left effects, and has ended: asked again it would say the same.
    if (is_run) {
      return planner.raise_incident(input.step, IncidentKind::kUnknownOutcome, error);
    }
    if (!is_quarantined(planner.state())) planner.start_settling(input.step);
    return;
  }
  fail_step(planner, step, input.step, error, false);
}

}  // namespace

void handle(Planner& planner, const AttemptEnded& input) {
  const StepState* instance = find_step(planner.state(), input.step);
  if (!instance || is_terminal(planner.state().phase)) return;
  const Attempts& attempts = input.settling ? instance->settling : instance->attempts;
  if (!attempts.in_flight || attempts.number != input.attempt) return;  // late or duplicated
  const definition::Step& step = planner.step_definition(input.step);
  if (input.settling) return settling_ended(planner, step, input);
  if (input.answer.outcome != AttemptOutcome::kDone) return attempt_failed(planner, step, input);
  if (input.step.ends_with(kUndoSuffix)) return end_whole_undo(planner, input.step);
  const bool has_no_answer = instance->request->run && !instance->request->run->awaited;
  complete_step(planner, step, input.step, has_no_answer ? instance->input : input.answer.body);
}

}  // namespace skald::saga
