#include "engine/saga/decide_compensate.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"
#include "engine/saga/call_request.hpp"
#include "engine/saga/decide_forward.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {
namespace {

using definition::OnUnknown;

// In the order of undoing: what ended last comes first, and of a loop the last iteration. Branches of a fork come one
// behind the other here, and are undone beside each other.
std::vector<const StepState*> last_first(const Planner& planner, const StepState& list) {
  std::vector<const StepState*> children;
  for (const auto& child : list.children) children.push_back(&child);
  const bool is_loop =
      !list.path.empty() && std::holds_alternative<definition::ForStep>(planner.step_definition(list.path).kind);
  const auto key = [&](const StepState* child) { return std::pair(is_loop ? child->round : 0, child->ended_position); };
  std::sort(children.begin(), children.end(), [&](const auto* a, const auto* b) { return key(a) > key(b); });
  return children;
}

// `replaced`: a composite above has completed and is undone as a whole; only what is unknown in it is still owed.
void collect_units(const Planner& planner, const StepState& step, bool replaced, std::vector<UndoUnit>& units) {
  const definition::Step& defined = planner.step_definition(step.path);
  const bool completed = step.status == StepStatus::kCompleted;
  const bool in_doubt = !completed && may_stand(step);
  if (defined.compensate && ((completed && !replaced) || in_doubt)) {
    if (step.undo_status != UndoStatus::kCompleted) units.push_back({step.path, step.undo_status});
    replaced = true;
  }
  for (const StepState* child : last_first(planner, step)) collect_units(planner, *child, replaced, units);
}

bool is_triggered(const definition::SagaOptions& saga, CompensationReason reason) {
  switch (reason) {
    case CompensationReason::kFault:
      return saga.on_fault;
    case CompensationReason::kTimeout:
      return saga.on_timeout;
    case CompensationReason::kCancel:
      return saga.on_cancel;
    case CompensationReason::kExplicit:
    case CompensationReason::kRace:
    case CompensationReason::kParent:
      return true;
  }
  return true;
}

StatusChange final_label(const definition::StatusLabels& labels, Outcome outcome) {
  switch (outcome) {
    case Outcome::kCompleted:
      return labels.completed;
    case Outcome::kCompensated:
      return labels.compensated;
    case Outcome::kCancelled:
      return labels.cancelled ? labels.cancelled : labels.compensated;
    case Outcome::kFaulted:
      return labels.faulted;
    case Outcome::kTerminated:
      return std::nullopt;
  }
  return std::nullopt;
}

// `undone`: every effect that there was is undone. `stands`: some effect stands.
void end_unsuccessfully(Planner& planner, CompensationReason reason, CompensationState compensation, bool stands,
                        const Payload& error) {
  const bool cancelled = reason == CompensationReason::kCancel;
  Outcome outcome = Outcome::kFaulted;
  if (cancelled && !stands) outcome = Outcome::kCancelled;
  if (!cancelled && compensation == CompensationState::kCompleted) outcome = Outcome::kCompensated;
  planner.record(ExecutionEnded{.phase = cancelled ? Phase::kCancelled : Phase::kFaulted,
                                .outcome = outcome,
                                .compensation = compensation,
                                .stands = stands && compensation == CompensationState::kNone,
                                .output = {},
                                .error = error,
                                .reason = {},
                                .status = final_label(planner.definition().saga.status, outcome)});
}

bool was_asked(const State& state, std::string_view path, IncidentKind kind) {
  return std::any_of(state.incidents.begin(), state.incidents.end(),
                     [&](const auto& incident) { return incident.kind == kind && incident.step == path; });
}

// An undo that is a single call: its request is made from what its step left, frozen.
void start_undo_call(Planner& planner, const definition::Step& step, const definition::Step& undo,
                     const definition::CallStep& call, const std::string& path, const Payload& input) {
  auto request = request_of(planner, undo, call, path, input);
  if (!request) return fail_step(planner, undo, path, request.error(), false);
  planner.record(UndoStarted{.step = path,
                             .request = *request,
                             .execution = planner.execution_for(**request),
                             .status = step.status.compensating});
  planner.send(path, false);
}

void start_undo(Planner& planner, const definition::Step& step, std::string_view step_path) {
  const definition::Step& undo = *step.compensate;
  const std::string path = undo_path(step_path);
  const Payload input = planner.step(step_path).output;
  if (undo.condition) {
    const Scope scope = scope_of(planner, undo, path, nullptr, nullptr);
    const Variables variables(planner.definition(), planner.state(), scope);
    const auto holds = undo.condition->evaluate_condition(input.json(), variables);
    if (!holds) {
      return fail_step(planner, undo, path, make_problem("expression", 0, holds.error().message, {}, undo.pointer),
                       false);
    }
    if (!*holds) return planner.record(UndoCompleted{.step = path, .status = step.status.compensated});
  }
  if (const auto* call = std::get_if<definition::CallStep>(&undo.kind)) {
    return start_undo_call(planner, step, undo, *call, path, input);
  }
  planner.record(
      UndoStarted{.step = path, .request = nullptr, .execution = std::nullopt, .status = step.status.compensating});
  // Of a definition that was stored when this was not refused yet: there is nothing to do.
  if (!std::holds_alternative<definition::DoStep>(undo.kind)) {
    planner.record(UndoCompleted{.step = path, .status = step.status.compensated});
  }
}

// True when the undo has ended.
bool advance_undo(Planner& planner, const definition::Step& step, std::string_view step_path) {
  const definition::Step& undo = *step.compensate;
  const std::string path = undo_path(step_path);
  const auto* list = std::get_if<definition::DoStep>(&undo.kind);
  if (!list) {
    advance_kind(planner, undo, path);
    return false;
  }
  switch (advance_list(planner, list->steps, path)) {
    case Progress::kWaiting:
      return false;
    case Progress::kCompleted:
      planner.record(UndoCompleted{.step = path, .status = step.status.compensated});
      return true;
    case Progress::kFailed:
      planner.record(UndoFailed{.step = path, .error = planner.step(path).children.back().error});
      return true;
  }
  return false;
}

// An unknown outcome before its undo. True when the undo may start.
bool settle(Planner& planner, const definition::Step& step, std::string_view path) {
  const StepState& instance = planner.step(path);
  const bool is_known = instance.status == StepStatus::kCompleted || instance.answered;
  if (is_known || step.on_unknown == OnUnknown::kCompensate) return true;
  if (step.on_unknown == OnUnknown::kSuspend && !was_asked(planner.state(), path, IncidentKind::kUnknownOutcome)) {
    planner.raise_incident(path, IncidentKind::kUnknownOutcome, instance.error);
    return false;
  }
  planner.start_settling(path);
  return false;
}

bool has_ended(UndoStatus status) {
  return status == UndoStatus::kCompleted || status == UndoStatus::kFailed || status == UndoStatus::kSkipped;
}

// Takes one step's undo as far as it goes. True when it has ended, one way or another.
bool advance_unit(Planner& planner, const std::string& path) {
  const definition::Step& step = planner.step_definition(path);
  while (true) {
    const StepState& instance = planner.step(path);
    if (has_blocking_incident(planner.state(), path)) return false;
    if (has_blocking_incident(planner.state(), undo_path(path))) return false;
    switch (instance.undo_status) {
      case UndoStatus::kCompleted:
      case UndoStatus::kFailed:
      case UndoStatus::kSkipped:
        return true;
      case UndoStatus::kNone:
        if (!settle(planner, step, path)) return false;
        start_undo(planner, step, path);
        break;
      case UndoStatus::kSettling:
        if (instance.settling.in_flight) return false;
        if (instance.settling.retry_at && *instance.settling.retry_at > planner.now()) return false;
        planner.start_settling(path);
        return false;
      case UndoStatus::kSettled:
        start_undo(planner, step, path);
        break;
      case UndoStatus::kRunning:
        if (!advance_undo(planner, step, path)) return false;
        break;
    }
  }
}

// Of two steps that are owed an undo: whether theirs may run at the same time.
bool may_undo_beside(const Planner& planner, std::string_view one, std::string_view other) {
  if (planner.definition().saga.order == definition::SagaOptions::Order::kParallel) return true;
  std::string_view shared = one;
  while (shared != other && !(other.starts_with(shared) && (shared.empty() || other[shared.size()] == '.'))) {
    shared = parent_of(shared);
  }
  if (shared.empty() || shared == one || shared == other) return false;
  return std::holds_alternative<definition::ForkStep>(planner.step_definition(shared).kind);
}

// Takes each undo as far as it goes; one waits for those before it, but for those it may run beside. One that has begun
// is brought to its end. True when all have ended, one way or another.
bool advance_units(Planner& planner, const std::vector<UndoUnit>& units) {
  std::vector<std::string_view> open;
  bool waits = false;
  const auto may_begin = [&](std::string_view path) {
    const auto is_beside = [&](std::string_view before) { return may_undo_beside(planner, before, path); };
    return open.size() < limits::kUndosAtOnce && std::all_of(open.begin(), open.end(), is_beside) &&
           planner.may_start();
  };
  // Thousands may wait for one: nothing is looked up for those.
  for (const auto& [path, status] : units) {
    if (has_ended(status)) continue;
    // Those behind one that has to wait wait for what it waits for, too.
    if (status == UndoStatus::kNone && !may_begin(path)) {
      waits = true;
    } else if (!advance_unit(planner, path)) {
      open.push_back(path);
    }
  }
  return open.empty() && !waits;
}

}  // namespace

std::vector<UndoUnit> undo_units(const Planner& planner) {
  std::vector<UndoUnit> units;
  for (const StepState* child : last_first(planner, planner.state().root)) collect_units(planner, *child, false, units);
  return units;
}

bool undo_inside(Planner& planner, const ScopeUndoStarted& undo) {
  std::vector<UndoUnit> units;
  for (const StepState* child : last_first(planner, planner.step(undo.step))) {
    if (child->round != undo.kept) collect_units(planner, *child, false, units);
  }
  if (units.empty()) return true;
  if (!planner.step(undo.step).undoing) planner.record(undo);
  return advance_units(planner, units);
}

void begin_ending(Planner& planner, CompensationReason reason, std::string_view failed_step, const Payload& error) {
  const auto& saga = planner.definition().saga;
  const auto units = undo_units(planner);
  const bool owed = !units.empty();
  if (!owed || !is_triggered(saga, reason)) {
    // What was begun on the way and is left, or was passed over, is a compensation that is not complete.
    const auto has_begun = [](const UndoUnit& unit) { return unit.status != UndoStatus::kNone; };
    const bool in_part = has_failed_undo(planner.state().root) || std::any_of(units.begin(), units.end(), has_begun);
    return end_unsuccessfully(planner, reason, in_part ? CompensationState::kIncomplete : CompensationState::kNone,
                              owed || in_part, error);
  }
  std::optional<Timestamp> deadline;
  if (saga.timeout) deadline = planner.now() + *saga.timeout;
  planner.record(CompensationStarted{.reason = reason,
                                     .failed_step = std::string(failed_step),
                                     .error = error,
                                     .deadline = deadline,
                                     .status = saga.status.compensating});
}

void advance_compensation(Planner& planner) {
  const auto units = undo_units(planner);
  if (!advance_units(planner, units)) return;
  const bool complete = !has_failed_undo(planner.state().root);
  end_unsuccessfully(planner, planner.state().compensation.reason,
                     complete ? CompensationState::kCompleted : CompensationState::kIncomplete, !complete,
                     planner.state().compensation.error);
}

}  // namespace skald::saga
