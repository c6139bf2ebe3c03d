#include "engine/saga/decide.hpp"

#include <fmt/format.h>

#include "engine/saga/data_flow.hpp"
#include "engine/saga/decide_compensate.hpp"
#include "engine/saga/decide_forward.hpp"
#include "engine/saga/decide_inputs.hpp"
#include "engine/saga/end_scope.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/runs.hpp"

namespace skald::saga {
namespace {

void note_deadlines(Planner& planner) {
  const State& state = planner.state();
  const auto passed = [&](const std::optional<Timestamp>& deadline) { return deadline && planner.now() >= *deadline; };
  const auto late = [&] { return make_problem("timeout", 0, "The deadline has passed", {}, {}); };
  if (state.compensation.state == CompensationState::kRunning) {
    if (passed(state.compensation.deadline)) planner.raise_incident("", IncidentKind::kCompensationTimeout, late());
  } else if (!state.timed_out && passed(state.deadline)) {
    if (state.pivoted || planner.pivot_is_open()) {
      planner.raise_incident("", IncidentKind::kTimeoutAfterPivot, late());
    } else {
      planner.record(TimeoutReached{});
    }
  }
}

// Why an execution ends before its flow does.
struct Ending {
  CompensationReason reason;
  std::string step;  // that said so
  Payload error;
  std::string why;  // in words, for the incidents that it closes
};

Ending ending_of(const Planner& planner) {
  const State& state = planner.state();
  if (state.cancel_requested) {
    return {CompensationReason::kCancel, "", make_problem("cancelled", 409, "The execution was cancelled", {}, {}),
            "the execution was cancelled"};
  }
  if (!state.gives_up.empty()) {
    const auto& step = planner.step_definition(state.gives_up);
    const auto title = fmt::format("Step '{}' said that the workflow is to be undone", step.name);
    return {CompensationReason::kExplicit, state.gives_up, make_problem("compensated", 409, title, {}, step.pointer),
            "the workflow is undone"};
  }
  return {CompensationReason::kTimeout, "",
          make_problem("timeout", 0, "The workflow took longer than its timeout", {}, {}), "the workflow timed out"};
}

// No call is in flight any more: end what was waiting, and go back.
void end_flow(Planner& planner) {
  const Ending ending = ending_of(planner);
  const auto incidents = planner.state().incidents;
  for (const auto& incident : incidents) {
    if (!incident.open) continue;
    planner.record(IncidentResolved{
        .number = incident.number, .resolution = IncidentResolution::kSkip, .reason = ending.why, .output = {}});
  }
  end_running_steps(planner, "", ending.error);
  begin_ending(planner, ending.reason, ending.step, ending.error);
}

// The answer an operator gave where the workflow's own output could not be made.
const Incident* settled_output(const State& state) {
  for (const auto& incident : state.incidents) {
    if (incident.step.empty() && incident.kind == IncidentKind::kStepFailed && incident.resolution &&
        *incident.resolution != IncidentResolution::kRetry) {
      return &incident;
    }
  }
  return nullptr;
}

// The workflow's output, of what its last step has left. Unexpected: the problem.
std::expected<Payload, Payload> output_of(const Planner& planner, const Payload& left) {
  const auto& data = planner.definition().data;
  Payload output = left;
  if (data.output_as) {
    const Scope scope{.path = {}, .step = nullptr, .input = &planner.state().input, .output = &left};
    auto rendered = render(planner, *data.output_as, left, scope);
    if (!rendered) return std::unexpected(make_problem("expression", 0, rendered.error().message, {}, "/output/as"));
    output = std::move(*rendered);
  }
  if (auto problem = check_schema(data.output_schema, output, "The workflow's output", "/output/schema")) {
    return std::unexpected(std::move(*problem));
  }
  return output;
}

void complete_execution(Planner& planner) {
  Payload output = data_left_by(planner.state().root);
  if (const Incident* settled = settled_output(planner.state())) {
    if (settled->resolution == IncidentResolution::kResolve) output = planner.state().output;
  } else {
    auto made = output_of(planner, output);
    if (!made && planner.state().pivoted) return planner.raise_incident("", IncidentKind::kStepFailed, made.error());
    if (!made) return begin_ending(planner, CompensationReason::kFault, "", made.error());
    output = std::move(*made);
  }
  planner.record(ExecutionEnded{
      .phase = Phase::kCompleted,
      .outcome = Outcome::kCompleted,
      .compensation = has_failed_undo(planner.state().root) ? CompensationState::kIncomplete : CompensationState::kNone,
      .output = std::move(output),
      .error = {},
      .reason = {},
      .status = planner.definition().saga.status.completed});
}

void advance_forward(Planner& planner) {
  switch (advance_list(planner, planner.definition().steps, "")) {
    case Progress::kWaiting:
      return;
    case Progress::kCompleted:
      return complete_execution(planner);
    case Progress::kFailed: {
      const StepState failed = planner.state().root.children.back();
      return begin_ending(planner, CompensationReason::kFault, failed.path, failed.error);
    }
  }
}

// Takes the flow as far as it goes without an answer, a time or a word from outside.
void advance(Planner& planner) {
  if (is_quarantined(planner.state())) return;
  note_deadlines(planner);
  if (planner.state().suspended || is_terminal(planner.state().phase)) return;
  const bool forward = planner.state().compensation.state == CompensationState::kNone;
  if (forward && !is_ending(planner.state()) && !has_blocking_incident(planner.state(), "")) advance_forward(planner);
  if (is_ending(planner.state())) {
    cancel_runs(planner, "");
    if (has_call_in_flight(planner.state())) return;
    end_flow(planner);
  }
  if (planner.state().compensation.state == CompensationState::kRunning) advance_compensation(planner);
}

// Whether the flow would go on at once: what was cut short may have ended since, in the same decision.
bool goes_on(const Context& context, const State& state) {
  if (is_terminal(state.phase)) return false;
  Decision trial{.events = {}, .effects = {}, .refusal = {}, .next = state};
  Planner planner(context, trial, {}, 1);
  advance(planner);
  return !trial.events.empty();
}

}  // namespace

Decision decide(const Context& context, State state, const Input& input) {
  Decision decision{.events = {}, .effects = {}, .refusal = {}, .next = std::move(state)};
  Planner planner(context, decision, input.actor);
  std::visit([&](const auto& what) { handle(planner, what); }, input.what);
  if (!planner.refused() && !is_terminal(planner.state().phase)) advance(planner);
  if (planner.is_cut_short() && goes_on(context, decision.next)) planner.record(TurnEnded{});
  return decision;
}

}  // namespace skald::saga
