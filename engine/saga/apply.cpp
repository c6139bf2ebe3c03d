#include "engine/saga/apply.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"
#include "engine/definition/then.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/step_tree.hpp"

namespace skald::saga {
namespace {

// The step whose undo this path is; null where the path is none.
StepState* undone_step(State& state, std::string_view path) {
  return path.ends_with(kUndoSuffix) ? find_step(state, parent_of(path)) : nullptr;
}

void relabel(State& state, const StatusChange& change) {
  if (change) state.status = *change;
}

class Applier {
 public:
  Applier(State& state, const Event& event) : state_(state), event_(event) {}

  void operator()(const ExecutionStarted& e) {
    state_.namespace_name = e.namespace_name;
    state_.name = e.name;
    state_.version = e.version;
    state_.digest = e.digest;
    state_.input = e.input;
    state_.labels = e.labels;
    state_.replay_of = e.replay_of;
    state_.parent = e.parent;
    state_.depth = e.parent ? e.parent->depth : e.depth;
    state_.deadline = e.deadline;
    state_.phase = Phase::kRunning;
    state_.started_at = event_.at;
    state_.root.input = e.data ? *e.data : e.input;
    state_.root.started_at = event_.at;
    state_.callback_url = e.callback_url;
    state_.callback_secret = e.callback_secret;
    relabel(state_, e.status);
  }

  void operator()(const StepStarted& e) {
    StepState& step = open_step(state_, e.step, e.round, e.input, event_.at);
    step.request = e.request;
    if (e.items) step.items = *e.items;
    step.apart = e.apart;
    state_.has_rounds = state_.has_rounds || e.apart;
    step.deadline = e.deadline;
    if (e.attempt_limit) limit_attempt(step, *e.attempt_limit, event_.at);
    step.wait_until = e.wait_until;
    if (!e.listens.empty()) begin_to_listen(step, e.listens);
    if (e.request) begin_attempt(step.attempts, 1, event_.at);
    step.execution = e.execution;
    if (is_waiting_kind(step) && !is_in_undo(e.step)) state_.phase = Phase::kWaiting;
    relabel(state_, e.status);
  }

  void operator()(const AttemptStarted& e) {
    StepState* step = find_step(state_, e.step);
    if (!step) return;
    begin_attempt(step->attempts, e.attempt, event_.at);
    if (!e.execution) return;
    step->execution = e.execution;
    step->run_cancelled = false;
    if (!is_in_undo(e.step)) update_phase();
  }

  void operator()(const AttemptFailed& e) {
    StepState* step = find_step(state_, e.step);
    if (!step) return;
    const bool waited = is_waiting_kind(*step);
    Attempts& attempts = current_attempts(*step);
    answer_attempt(attempts);
    ++attempts.counted;
    attempts.last_error = e.error;
    if (!step->request) {  // a `try`, whose attempts are rounds of its steps
      attempts.number = e.attempt;
      if (attempts.first_at == Timestamp{}) attempts.first_at = e.attempt == 1 ? step->started_at : event_.at;
    }
    if (e.outcome == AttemptClass::kUnknown) step->unknown = true;
    if (waited) update_phase();
  }

  void operator()(const AttemptLost& e) {
    StepState* step = find_step(state_, e.step);
    if (!step) return;
    Attempts& attempts = current_attempts(*step);
    attempts.in_flight = false;
    if (event_.at - attempts.last_at > limits::kCrashSuspicionSpan) attempts.lost_in_a_row = 0;
    ++attempts.lost_in_a_row;
    step->unknown = true;
  }

  void operator()(const RetryScheduled& e) {
    StepState* step = find_step(state_, e.step);
    if (!step) return;
    current_attempts(*step).retry_at = e.at;
    if (step->limit) limit_attempt(*step, step->limit->length, e.at);
  }

  void operator()(const StepCompleted& e) {
    StepState& step = open_step(state_, e.step, e.round, std::nullopt, event_.at);
    step.output = e.output;
    go_on(step, e.then);
    end_step(state_, step, StepStatus::kCompleted, event_.at);
    if (e.context) state_.context = *e.context;
    if (e.pivot) pass_pivot();
    relabel(state_, e.status);
  }

  void operator()(const StepFailed& e) {
    StepState& step = open_step(state_, e.step, e.round, std::nullopt, event_.at);
    step.error = e.error;
    step.unknown = step.unknown || e.unknown;
    step.continued = e.continued;
    go_on(step, e.then);
    end_step(state_, step, StepStatus::kFailed, event_.at);
    relabel(state_, e.status);
  }

  void operator()(const StepSkipped& e) {
    StepState& step = open_step(state_, e.step, e.round, std::nullopt, event_.at);
    end_step(state_, step, StepStatus::kSkipped, event_.at);
    if (StepState* undone = undone_step(state_, e.step)) undone->undo_status = UndoStatus::kSkipped;
  }

  void operator()(const StepReused& e) {
    StepState& step = ensure_step(state_, e.step, event_.at);
    step.round = e.round;
    step.origin = e.origin;
    step.request = e.request;
    step.execution = e.execution;
    step.input = e.input;
    step.output = e.output;
    go_on(step, e.then);
    end_step(state_, step, StepStatus::kCompleted, event_.at);
    if (e.context) state_.context = *e.context;
    if (e.pivot) pass_pivot();
    relabel(state_, e.status);
  }

  void operator()(const CancelRequested& e) {
    state_.cancel_requested = true;
    state_.cancel_reason = e.reason;
    state_.suspended = false;
    update_phase();
  }

  void operator()(const TimeoutReached& e) {
    if (e.step.empty()) {
      state_.timed_out = true;
    } else if (StepState* step = find_step(state_, e.step)) {
      if (e.attempt == 0) step->timed_out = true;
      if (e.attempt != 0 && step->limit) pass_limit(*step);
    }
  }

  void operator()(const CompensationStarted& e) {
    state_.compensation = Compensation{.state = CompensationState::kRunning,
                                       .reason = e.reason,
                                       .failed_step = e.failed_step,
                                       .error = e.error,
                                       .deadline = e.deadline,
                                       .started_at = event_.at};
    relabel(state_, e.status);
  }

  void operator()(const SettleStarted& e) {
    StepState* step = find_step(state_, e.step);
    if (!step) return;
    if (step->status != StepStatus::kRunning) step->undo_status = UndoStatus::kSettling;
    begin_attempt(step->settling, e.attempt, event_.at);
  }

  void operator()(const SettleEnded& e) {
    StepState* step = find_step(state_, e.step);
    if (!step) return;
    answer_attempt(step->settling);
    step->settling.retry_at.reset();
    step->settled_done = e.done;
    step->settled_refused = !e.done;
    if (e.done) step->output = e.output;
    if (step->status != StepStatus::kRunning) step->undo_status = UndoStatus::kSettled;
  }

  void operator()(const UndoStarted& e) {
    StepState& undo = open_step(state_, e.step, 0, std::nullopt, event_.at);
    if (StepState* step = undone_step(state_, e.step)) step->undo_status = UndoStatus::kRunning;
    undo.request = e.request;
    undo.execution = e.execution;
    if (e.request) begin_attempt(undo.attempts, 1, event_.at);
    relabel(state_, e.status);
  }

  void operator()(const UndoCompleted& e) {
    end_undo(e.step, StepStatus::kCompleted, UndoStatus::kCompleted, e.status);
  }

  void operator()(const UndoFailed& e) {
    end_undo(e.step, StepStatus::kFailed, UndoStatus::kFailed, std::nullopt);
    if (StepState* undo = find_step(state_, e.step)) undo->error = e.error;
  }

  void operator()(const IncidentRaised& e) {
    state_.incidents.push_back(Incident{.number = e.number,
                                        .step = e.step,
                                        .round = e.round,
                                        .kind = e.kind,
                                        .error = e.error,
                                        .raised_at = event_.at});
    if (e.round != 0)
      find_step(state_, parent_of(e.step))->attempts.retry_at.reset();  // it has begun, as far as it could
    if (e.kind == IncidentKind::kTimeoutAfterPivot && e.step.empty()) state_.deadline.reset();
    if (e.kind == IncidentKind::kCompensationTimeout) state_.compensation.deadline.reset();
    update_phase();
  }

  void operator()(const IncidentResolved& e) {
    const auto it = std::find_if(state_.incidents.begin(), state_.incidents.end(),
                                 [&](const auto& i) { return i.number == e.number; });
    if (it == state_.incidents.end()) return;
    it->open = false;
    it->resolution = e.resolution;
    it->actor = event_.actor;
    it->reason = e.reason;
    it->resolved_at = event_.at;
    if (it->step.empty()) {
      if (it->kind == IncidentKind::kStepFailed) state_.output = e.output;
      if (it->kind == IncidentKind::kQuarantined) forgive_all(state_.root);
    } else if (StepState* step = find_step(state_, it->step)) {
      forgive(*step, event_.at);
    }
    update_phase();
  }

  void operator()(const ExecutionSuspended&) {
    state_.suspended = true;
    update_phase();
  }

  void operator()(const ExecutionResumed&) {
    state_.suspended = false;
    update_phase();
  }

  void operator()(const ExecutionEnded& e) {
    state_.phase = e.phase;
    state_.outcome = e.outcome;
    state_.compensation.state = e.compensation;
    state_.stands = e.stands;
    state_.output = e.output;
    state_.error = e.error;
    state_.ended_at = event_.at;
    state_.suspended = false;
    for (auto& incident : state_.incidents) incident.open = false;
    relabel(state_, e.status);
  }

  void operator()(const ExecutionReplayed& e) { state_.replays.push_back(e); }

  void operator()(const TurnEnded&) { state_.turn_ended = true; }

  void operator()(const ErrorCaught& e) {
    StepState* step = find_step(state_, e.step);
    if (!step) return;
    step->caught = e.error;
    step->handler_round = e.round;
    step->limit.reset();
  }

  void operator()(const ScopeUndoStarted& e) {
    StepState* step = find_step(state_, e.step);
    if (!step) return;
    step->undoing = std::make_shared<const ScopeUndo>(
        ScopeUndo{.reason = e.reason, .failed_step = e.failed_step, .error = e.error, .kept = e.kept});
  }

  void operator()(const EventReceived& e) {
    if (e.pattern == 0) state_.called_back.push_back(static_path(e.step));
    StepState* step = find_step(state_, e.step);
    if (step && step->status == StepStatus::kRunning) {
      step->events.push_back({e.pattern, e.event});
    } else {
      state_.early_events.push_back({e.step, e.event});
    }
  }

  void operator()(const ListeningEnded& e) {
    if (StepState* step = find_step(state_, e.step)) step->listening_ended = true;
  }

  void operator()(const AttemptCompleted& e) {
    StepState* step = find_step(state_, e.step);
    if (!step) return;
    const bool waited = is_waiting_kind(*step);
    answer_attempt(current_attempts(*step));
    step->answered = true;
    step->output = e.answer;
    if (e.pivot) pass_pivot();
    if (waited) update_phase();
  }

  void operator()(const IterationCompleted& e) {
    if (StepState* step = find_step(state_, e.step)) step->results.push_back(e.output);
    if (e.context) state_.context = *e.context;
  }

  void operator()(const RunCancelRequested& e) {
    if (StepState* step = find_step(state_, e.step)) step->run_cancelled = true;
  }

  void operator()(const UndoRequested& e) {
    if (e.verdict != UndoVerdict::kBegins) return;
    state_.undone_by = e.by;
    if (!is_terminal(state_.phase)) return;
    state_.phase = Phase::kRunning;
    state_.outcome.reset();
    state_.ended_at = Timestamp{};
  }

  // Beside each other, one step may wait while another one acts.
  void settle_phase() {
    if (state_.has_rounds) update_phase();
  }

 private:
  void begin_to_listen(StepState& step, const std::vector<Listen>& listens) {
    state_.has_listens = true;
    step.listens = listens;
    const std::string path = static_path(step.path);
    std::erase_if(state_.early_events, [&](const EarlyEvent& early) {
      if (early.step != path) return false;
      step.events.push_back({0, early.event});
      return true;
    });
  }

  void go_on(StepState& step, const std::string& then) {
    step.then = then;
    if (then == definition::kThenCompensate) state_.gives_up = step.path;
  }

  void end_undo(const std::string& path, StepStatus status, UndoStatus undo_status, const StatusChange& label) {
    StepState& undo = open_step(state_, path, 0, std::nullopt, event_.at);
    end_step(state_, undo, status, event_.at);
    if (StepState* step = undone_step(state_, path)) step->undo_status = undo_status;
    relabel(state_, label);
  }

  void pass_pivot() {
    state_.pivoted = true;
    state_.pivot_position = state_.position;
  }

  void update_phase() {
    if (is_terminal(state_.phase)) return;
    state_.phase = state_.suspended || has_blocking_incident(state_)                             ? Phase::kSuspended
                   : state_.compensation.state == CompensationState::kNone && only_waits(state_) ? Phase::kWaiting
                                                                                                 : Phase::kRunning;
  }

  State& state_;
  const Event& event_;
};

}  // namespace

void apply(State& state, const Event& event) {
  ++state.position;
  state.updated_at = event.at;
  state.turn_ended = false;
  Applier applier(state, event);
  std::visit(applier, event.data);
  applier.settle_phase();
}

}  // namespace skald::saga
