// Start, cancel, suspend, resume, terminate.
#include <fmt/format.h>

#include <algorithm>

#include "engine/saga/decide_compensate.hpp"
#include "engine/saga/decide_forward.hpp"
#include "engine/saga/decide_inputs.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/steps/deadline.hpp"

namespace skald::saga {
namespace {

bool refuse_ended(Planner& planner, std::string_view what) {
  if (!is_terminal(planner.state().phase)) return false;
  planner.refuse(
      "execution.ended",
      fmt::format("the execution has ended ({}), so it cannot be {}", to_string(planner.state().phase), what),
      "start a replay if its work is to be done again");
  return true;
}

// Of one in quarantine the history alone is asked: it may not fit its definition.
bool leaves_effects(const Planner& planner) {
  const State& state = planner.state();
  if (state.pivoted) return false;
  return is_quarantined(state) ? !standing_steps(state).empty() : !undo_units(planner).empty();
}

// Why the workflow does not let itself be cancelled now; empty where it does.
std::string objection_to_cancel(const Planner& planner) {
  const auto& condition = planner.definition().saga.cancel_if;
  if (!condition) return {};
  const Scope scope{.path = {}, .step = nullptr};
  const Variables variables(planner.definition(), planner.state(), scope);
  const auto holds = condition->evaluate_condition(planner.state().input.json(), variables);
  if (!holds) return fmt::format("the workflow's saga.cancel.if cannot be told: {}", holds.error().message);
  return *holds ? "" : fmt::format("the workflow does not allow it now: '{}' does not hold", condition->source());
}

}  // namespace

void handle(Planner& planner, const StartExecution& input) {
  const auto& definition = planner.definition();
  const Scope scope{.path = {}, .step = nullptr, .input = &input.input};
  std::optional<Payload> data;
  std::optional<Payload> problem;
  if (definition.data.input_from) {
    auto rendered = render(planner, *definition.data.input_from, input.input, scope);
    if (rendered) {
      data = std::move(*rendered);
    } else {
      problem = make_problem("expression", 0, rendered.error().message, {}, "/input/from");
    }
  }
  const auto told = timeout_of(definition, input);
  if (!told && !problem) problem = make_problem("expression", 0, told.error().message, told.error().detail, "/timeout");
  std::optional<Timestamp> deadline;
  for (const auto& timeout : {told.value_or(std::nullopt), input.timeout}) {
    if (timeout) deadline = std::min(deadline.value_or(Timestamp::max()), planner.now() + *timeout);
  }
  planner.record(ExecutionStarted{.namespace_name = definition.namespace_name,
                                  .name = definition.name,
                                  .version = definition.version,
                                  .digest = definition.digest,
                                  .input = input.input,
                                  .data = std::move(data),
                                  .labels = input.labels,
                                  .deadline = deadline,
                                  .replay_of = input.replay_of,
                                  .parent = input.parent,
                                  .depth = input.depth,
                                  .callback_url = input.callback_url,
                                  .callback_secret = input.callback_secret,
                                  .status = definition.saga.status.started});
  for (const auto& step : input.reused) {
    std::visit([&](const auto& taken_over) { planner.record(taken_over); }, step);
  }
  if (problem) begin_ending(planner, CompensationReason::kFault, "", *problem);
}

void handle(Planner&, const TimerFired&) {}

void handle(Planner& planner, const CancelExecution& input) {
  const State& state = planner.state();
  if (refuse_ended(planner, "cancelled")) return;
  if (state.compensation.state != CompensationState::kNone || is_ending(state)) return;
  if (state.pivoted || planner.pivot_is_open()) {
    return planner.refuse("execution.pivot",
                          state.pivoted ? "the execution has passed its pivot, so it cannot be cancelled"
                                        : "the pivot is under way, so the execution cannot be cancelled",
                          "let it go forward, or terminate it");
  }
  if (auto objection = objection_to_cancel(planner); !objection.empty()) {
    return planner.refuse("execution.cancel_refused", std::move(objection), "let it go on, or terminate it");
  }
  planner.record(CancelRequested{.reason = input.reason});
}

void handle(Planner& planner, const SuspendExecution& input) {
  if (refuse_ended(planner, "suspended")) return;
  if (!planner.state().suspended) planner.record(ExecutionSuspended{.reason = input.reason});
}

void handle(Planner& planner, const ResumeExecution& input) {
  if (refuse_ended(planner, "resumed")) return;
  if (!planner.state().suspended) {
    const bool parked = has_blocking_incident(planner.state());
    return planner.refuse("execution.not_suspended",
                          parked ? "the execution waits for a word on its incident, it was not suspended by anybody"
                                 : "the execution is not suspended",
                          parked ? "retry, skip or resolve the incident" : "");
  }
  planner.record(ExecutionResumed{.reason = input.reason});
}

void handle(Planner& planner, const TerminateExecution& input) {
  if (refuse_ended(planner, "terminated")) return;
  const bool leaves = leaves_effects(planner);
  planner.record(terminated(leaves ? CompensationState::kIncomplete : CompensationState::kNone, input.reason));
}

}  // namespace skald::saga
