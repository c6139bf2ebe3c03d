// An operator's word on what is stuck: retry, skip or resolve.
#include <fmt/format.h>

#include <algorithm>

#include "engine/saga/decide_forward.hpp"
#include "engine/saga/decide_inputs.hpp"
#include "engine/saga/list_flow.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/subscriptions.hpp"

namespace skald::saga {
namespace {

void skip_undo(Planner& planner, const std::string& path, const Incident& incident) {
  if (path.ends_with(kUndoSuffix)) return planner.record(StepSkipped{.step = path});
  planner.record(StepFailed{.step = path,
                            .round = incident.round,
                            .error = incident.error,
                            .continued = true,
                            .then = planner.step_definition(path).then,
                            .status = {}});
}

void resolve_undo(Planner& planner, const std::string& path, const Incident& incident, const Payload& output) {
  if (!path.ends_with(kUndoSuffix)) {
    return planner.record(StepCompleted{.step = path,
                                        .round = incident.round,
                                        .output = output,
                                        .then = planner.step_definition(path).then,
                                        .status = {}});
  }
  const auto& label = planner.step_definition(parent_of(path)).status.compensated;
  planner.record(UndoCompleted{.step = path, .status = label});
}

// The outcome of a step is not known: the operator's word is taken for it.
void judge_unknown(Planner& planner, const Incident& incident, const ResolveIncident& input, const Payload& output) {
  const std::string& path = incident.step;
  const definition::Step& step = planner.step_definition(path);
  const bool holds_flow = planner.step(path).status == StepStatus::kRunning;  // a pivot, or a quarantined step
  if (input.resolution == IncidentResolution::kResolve) {
    if (holds_flow) return complete_step(planner, step, path, output);
    return planner.record(SettleEnded{.step = path, .done = true, .output = output});
  }
  if (holds_flow) return planner.record(StepFailed{.step = path, .error = incident.error, .unknown = true});
  planner.record(StepSkipped{.step = undo_path(path)});
}

void judge_step(Planner& planner, const Incident& incident, const ResolveIncident& input, const Payload& output) {
  if (incident.step.empty()) return;  // the workflow's output: complete_execution() reads the resolution
  const definition::Step& step = planner.step_definition(incident.step);
  if (input.resolution == IncidentResolution::kResolve) {
    return planner.record(StepCompleted{.step = incident.step,
                                        .round = incident.round,
                                        .output = output,
                                        .pivot = step.pivot,
                                        .then = planner.directive_after(step),
                                        .status = step.status.completed});
  }
  planner.record(StepFailed{.step = incident.step,
                            .round = incident.round,
                            .error = incident.error,
                            .continued = true,
                            .then = planner.directive_after(step),
                            .status = {}});
}

// A step whose steps have failed, that is late or has received too much would fail again just so. The steps of a `try`
// are tried anew, and what listens goes on without its timeout.
bool would_fail_again(const Planner& planner, const Incident& incident) {
  const StepState* step = incident.step.empty() ? nullptr : find_step(planner.state(), incident.step);
  if (incident.kind != IncidentKind::kStepFailed || !step) return false;
  if (has_too_much(*step)) return true;
  if (step->children.empty()) return false;
  const bool is_try = std::holds_alternative<definition::TryStep>(planner.step_definition(incident.step).kind);
  return (step->timed_out && !is_waiting_kind(*step)) || (first_failed(*step) && !(is_try && step->handler_round == 0));
}

void release_quarantine(Planner& planner, const Incident& incident, const ResolveIncident& input) {
  if (input.resolution != IncidentResolution::kRetry) {
    return planner.refuse(
        "incident.retry_only",
        fmt::format("incident {} holds the whole execution: there is no step to skip or to resolve", incident.number),
        "retry it when its cause is removed, or terminate the execution");
  }
  planner.record(
      IncidentResolved{.number = input.number, .resolution = input.resolution, .reason = input.reason, .output = {}});
  // What was in flight may be so still; it goes out again under its key all the same.
  handle(planner, RecoverExecution{});
}

}  // namespace

void handle(Planner& planner, const ResolveIncident& input) {
  const auto& incidents = planner.state().incidents;
  const auto it = std::find_if(incidents.begin(), incidents.end(),
                               [&](const auto& incident) { return incident.number == input.number; });
  if (it == incidents.end()) {
    return planner.refuse("incident.unknown", fmt::format("the execution has no incident {}", input.number));
  }
  if (!it->open) {
    return planner.refuse("incident.resolved", fmt::format("incident {} is closed already", input.number));
  }
  const Incident incident = *it;
  if (incident.kind == IncidentKind::kQuarantined && incident.step.empty()) {
    return release_quarantine(planner, incident, input);
  }
  if (input.resolution == IncidentResolution::kRetry && would_fail_again(planner, incident)) {
    return planner.refuse("incident.not_retryable",
                          fmt::format("incident {} holds step '{}', which has come to its end; it would fail again",
                                      input.number, incident.step),
                          "skip it, resolve it with an output, or cancel the execution");
  }
  const bool resolves = input.resolution == IncidentResolution::kResolve;
  if (resolves && incident.kind == IncidentKind::kStepFailed && !input.output) {
    return planner.refuse("incident.needs_output",
                          fmt::format("incident {} holds a step whose output later steps may read", input.number),
                          "give the output with the resolution");
  }
  const Payload output = input.output.value_or(Payload());
  planner.record(IncidentResolved{
      .number = input.number, .resolution = input.resolution, .reason = input.reason, .output = output});
  if (input.resolution == IncidentResolution::kRetry) return;  // the flow takes it up again
  switch (incident.kind) {
    case IncidentKind::kUndoFailed:
      return resolves ? resolve_undo(planner, incident.step, incident, output)
                      : skip_undo(planner, incident.step, incident);
    case IncidentKind::kQuarantined:
      if (!is_in_undo(incident.step)) return judge_unknown(planner, incident, input, output);
      return resolves ? resolve_undo(planner, incident.step, incident, output)
                      : skip_undo(planner, incident.step, incident);
    case IncidentKind::kSettleFailed:
    case IncidentKind::kUnknownOutcome:
      return judge_unknown(planner, incident, input, output);
    case IncidentKind::kStepFailed:
      return judge_step(planner, incident, input, output);
    case IncidentKind::kCompensationTimeout:
    case IncidentKind::kTimeoutAfterPivot:
      return;
  }
}

}  // namespace skald::saga
