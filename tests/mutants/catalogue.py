"""Bugs for the engine. Each stands for a mistake that somebody could make there, and names the text that it changes.

`becomes` says MUTANT where it asks whether this bug is on; where it is off the text does what it did before.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    text: str
    becomes: str


def before(name, file, text, does):
    """With the bug, `does` comes first."""
    return Mutant(name, file, text, f"if (MUTANT) {{ {does} }} {text}")


def without(name, file, text):
    """With the bug, the statement is gone."""
    return Mutant(name, file, text, f"if (!MUTANT) {{ {text} }}")


def instead(name, file, text, bug):
    """With the bug, another expression."""
    return Mutant(name, file, text, f"(MUTANT ? ({bug}) : ({text}))")


DRIVER, COMMIT, LOAD = (f"engine/runtime/execution_driver{part}.cpp" for part in ("", "_commit", "_load"))
KEEPER = "engine/runtime/lease_keeper.cpp"
EXCHANGE = "engine/runtime/event_exchange.cpp"
COLLECTOR = "engine/runtime/event_collector.cpp"
SCHEDULER = "engine/runtime/scheduler.cpp"
ATTEMPT, COMPENSATE, RECOVERY = (f"engine/saga/decide_{part}.cpp" for part in ("attempt", "compensate", "recovery"))
PLANNER = "engine/saga/planner.cpp"
STATE = "engine/saga/state.cpp"
FORK, TRY, ENDING = (f"engine/saga/{part}.cpp" for part in ("steps/fork", "steps/try", "end_scope"))
APPEND = "host_.append(std::move(group), *this);"

PUBLISHER = "engine/runtime/publisher.cpp"
RUNS, UNDO, MESSAGES = "engine/saga/runs.cpp", "engine/saga/decide_undo.cpp", "engine/runtime/run_messages.cpp"

MUTANTS = (
    # Durable before visible.
    before("sends before its intent is durable", COMMIT, APPEND,
           "state_ = pending_->decision->next; perform(std::move(pending_->decision->effects));"),
    before("acknowledges a start before it is durable", COMMIT, APPEND,
           "if (start_ && start_->answer) { auto answer = std::exchange(start_->answer, [](auto&&...) {});"
           " answer(std::make_shared<const saga::State>(decision.next), std::nullopt); }"),
    # The verdicts of the store.
    before("takes an unknown append for written", COMMIT, 'shared.telemetry.store_error("unknown");', "return written();"),
    before("takes an unknown append for rejected", COMMIT, 'shared.telemetry.store_error("unknown");',
           'return rejected(unavailable(result, "rejected", "ask again"));'),
    before("takes a conflict for written", COMMIT, 'shared.telemetry.store_error("conflict");', "return written();"),
    before("takes a fenced append for written", COMMIT, 'shared.telemetry.store_error("fenced");', "return written();"),
    Mutant("keeps the state of a refused command", COMMIT, "state_ = std::move(*pending->before);",
           "state_ = MUTANT ? std::move(pending->decision->next) : std::move(*pending->before);"),
    Mutant("the state in memory drifts from the history", COMMIT, "  phase_ = state_.phase;\n  if (pending->summary)",
           '  if (MUTANT) state_.status += "x";\n  phase_ = state_.phase;\n  if (pending->summary)'),
    # Timers, and what brings an execution back.
    Mutant("forgets to wake an execution", DRIVER, "if (pending() && armed_wake_ <= wake) return;",
           "if ((MUTANT || pending()) && armed_wake_ <= wake) return;"),
    Mutant("stores a far wake-up for everything", "engine/runtime/execution_summary.cpp", "if (saga::calls_participant(next.root)) return stored",
           "if (MUTANT || saga::calls_participant(next.root)) return stored"),
    without("leaves in the database what is due", "engine/runtime/due_poller.cpp", "resume_(ids);"),
    before("passivates with a call in flight", DRIVER, "if (calls_ == 0 && looks_ == 0) {\n    if (auto summary",
           "if (waiters_.empty() && wake > at + shared.options.passivate_after) return leave();"),
    Mutant("loses the inputs of an execution that is loaded", LOAD, "  if (!saga::is_terminal(state_.phase)) {\n    saga::Input first",
           "  if (MUTANT) mailbox_.clear();\n  if (!saga::is_terminal(state_.phase)) {\n    saga::Input first"),
    # Recovery.
    before("recovery forgets an execution", "engine/runtime/recovery.cpp", "listed_ = true;\n",
           "if (ids_.size() > 1) ids_.pop_back();"),
    without("recovery does not note what was lost", RECOVERY, "for (const auto& path : paths) lose_attempt(planner, path);"),
    Mutant("a lost attempt leaves no debt", "engine/saga/apply.cpp", "++attempts.lost_in_a_row;\n    step->unknown = true;",
           "++attempts.lost_in_a_row;\n    if (!MUTANT) step->unknown = true;"),
    # Attempts.
    Mutant("the idempotency key changes with the attempt", PLANNER, ".key = idempotency_key(state_, instance),",
           '.key = idempotency_key(state_, instance) + (MUTANT && instance.attempts.number > 1 ? "x" : ""),'),
    Mutant("accepts the answer of an earlier attempt", ATTEMPT, "if (!attempts.in_flight || attempts.number != input.attempt) return;",
           "if (!attempts.in_flight || (!MUTANT && attempts.number != input.attempt)) return;"),
    Mutant("retries before it is time", "engine/saga/steps/call.cpp", "*attempts.retry_at > planner.now()",
           "*attempts.retry_at > planner.now() + Millis(MUTANT ? 300 : 0)"),
    Mutant("a later attempt covers an unknown one", "engine/saga/apply.cpp", "if (e.outcome == AttemptClass::kUnknown) step->unknown = true;",
           "step->unknown = (!MUTANT && step->unknown) || e.outcome == AttemptClass::kUnknown;"),
    before("takes an unknown outcome for a refusal", ATTEMPT,
           "return answer.outcome == AttemptOutcome::kRefused ? AttemptClass::kRefused : AttemptClass::kUnknown;",
           "return AttemptClass::kRefused;"),
    instead("takes the settling of nothing for a refusal", ATTEMPT,
            "answer.outcome == AttemptOutcome::kRefused && answer.sent && !answer.retryable", "answer.outcome != AttemptOutcome::kDone"),
    Mutant("a garbled answer is a success", ATTEMPT, "if (input.answer.outcome != AttemptOutcome::kDone) return attempt_failed",
           "if (input.answer.outcome != AttemptOutcome::kDone && (!MUTANT || input.answer.status != 200)) return attempt_failed"),
    # Compensation, cancellation, deadlines.
    instead("undoes in the order of doing", COMPENSATE, "key(a) > key(b)", "key(a) < key(b)"),
    without("does not wait for an undo before the next", COMPENSATE, "open.push_back(path);"),
    Mutant("does not undo what is unknown", COMPENSATE, "if (step.undo_status != UndoStatus::kCompleted) units.push_back({step.path, step.undo_status});",
           "if (step.undo_status != UndoStatus::kCompleted && (!MUTANT || !in_doubt)) units.push_back({step.path, step.undo_status});"),
    Mutant("goes on to the next step while it is cancelled", "engine/saga/state.cpp",
           "return asked && state.compensation.state == CompensationState::kNone && !is_terminal(state.phase);",
           "return !MUTANT && asked && state.compensation.state == CompensationState::kNone && !is_terminal(state.phase);"),
    # Steps that run beside each other, or again.
    Mutant("does not undo who lost a race", FORK, "if (!undo_inside(planner, undo)) return false;",
           "if (!MUTANT && !undo_inside(planner, undo)) return false;"),
    Mutant("does not undo before it handles an error", TRY, "if (!undo_inside(planner, undo)) return false;",
           "if (!MUTANT && !undo_inside(planner, undo)) return false;"),
    Mutant("undoes who won a race", COMPENSATE, "if (child->round != undo.kept) collect_units",
           "if (MUTANT || child->round != undo.kept) collect_units"),
    Mutant("ends what has a call in flight", ENDING, "return step.attempts.in_flight || step.settling.in_flight;",
           "return !MUTANT && (step.attempts.in_flight || step.settling.in_flight);"),
    Mutant("ends an undo half way", ENDING, "if (!undoing || is_ending(planner.state())) return true;",
           "if (MUTANT || !undoing || is_ending(planner.state())) return true;"),
    Mutant("undoes whoever comes, in whatever order", COMPENSATE, "return std::holds_alternative<definition::ForkStep>",
           "return MUTANT || std::holds_alternative<definition::ForkStep>"),
    Mutant("goes on without end after a long turn", "engine/saga/decide.cpp",
           "if (planner.is_cut_short() && goes_on(context, decision.next))",
           "if (!MUTANT && planner.is_cut_short() && goes_on(context, decision.next))"),
    Mutant("a pivot is not passed by an answer of no use", "engine/saga/decide_forward.cpp",
           ".answer = answer,\n                                  .pivot = step.pivot});",
           ".answer = answer,\n                                  .pivot = !MUTANT && step.pivot});"),
    before("undoes across a pivot", PLANNER, "const auto is_open = [this]", "return false;"),
    instead("ignores the deadline of the workflow", "engine/saga/decide.cpp", "!state.timed_out && passed(state.deadline)", "false"),
    instead("ends a round of a try before its time", "engine/saga/steps/deadline.cpp",
            "planner.now() < instance.limit->deadline", "false"),
    without("a failed undo is no incident", "engine/saga/decide_forward.cpp",
            "planner.raise_incident(path, IncidentKind::kUndoFailed, std::move(error));"),
    # Executions about the same.
    Mutant("frees a unique key half way", "engine/runtime/unique_key.cpp", ".until = at + unique->within",
           ".until = at + (MUTANT ? unique->within / 2 : unique->within)"),
    without("a replay has no unique key", "engine/runtime/engine_replay.cpp", "start->row.unique = std::move(*unique);"),
    without("takes who has the unique key for who was asked for", "engine/runtime/engine_start.cpp",
            "if (existing.has_unique_key) return callback(std::unexpected(taken(existing.id)));"),
    Mutant("keeps the unique key of what has failed", "engine/runtime/execution_driver_commit.cpp", "own.summary = pending_->summary;",
           "own.summary = pending_->summary; if (MUTANT && own.summary && own.summary->outcome == \"compensated\") own.summary->outcome = \"completed\";"),
    # Schedules.
    Mutant("starts for the time it is and not for the time that was due", SCHEDULER, "start_at(*entry.definition, begun.due)",
           "start_at(*entry.definition, MUTANT ? begun.at : begun.due)"),
    Mutant("goes on from a time that could not be started", SCHEDULER, "if (!result && may_pass(result.error())) {",
           "if (!result && !MUTANT && may_pass(result.error())) {"),
    Mutant("forgets the time when its row has moved on meanwhile", SCHEDULER, "if (!written || !*written) must_read_ = true;",
           "if (!MUTANT && (!written || !*written)) must_read_ = true;"),
    # Replays.
    without("leaves the original of a replay unmarked", COMMIT, "if (start_ && start_->companion) group.appends.push_back(*start_->companion);"),
    Mutant("begins again what may have begun", COMMIT, "if (unknown) return load();", "if (unknown && !MUTANT) return load();"),
    Mutant("begins a replay without answering for it", "engine/runtime/engine_replay.cpp", "if (task.number != 0) {", "if (task.number != 0 && !MUTANT) {"),
    Mutant("takes the same effects over twice", "engine/saga/decide_replay.cpp", "if (replay.reuses) return true;",
           "if (replay.reuses && !MUTANT) return true;"),
    Mutant("undoes what it took over under a key of its own", STATE, "std::string key = to_string(step.origin.value_or(state.id));",
           "std::string key = to_string(MUTANT ? state.id : step.origin.value_or(state.id));"),
    Mutant("forgets what was in flight at a termination", STATE, "step.answered || step.attempts.in_flight",
           "step.answered || (!MUTANT && step.attempts.in_flight)"),
    # Time.
    Mutant("follows the steps of the system's clock", DRIVER, "std::max({host_.shared().time.now(), ",
           "std::max({host_.shared().time.now() + (MUTANT ? host_.shared().time.drift() : Millis(0)), "),
    Mutant("takes up an execution at a time before its last event", DRIVER, "state_.updated_at, fired_for_});",
           "MUTANT ? fired_for_ : state_.updated_at, fired_for_});"),
    # Events.
    without("does not look for the events that were there before", "engine/runtime/execution_driver_events.cpp",
            "look_for_events(std::move(added));"),
    without("does not say what it listens for", COMMIT, "own.subscriptions = pending_->subscriptions;"),
    Mutant("rests before it has looked for events", COMMIT, "if (listens && (subscriptions ||", "if (!MUTANT && listens && (subscriptions ||"),
    without("does not offer again what a crash has left", EXCHANGE, "if (!offers_.contains(arrived.event.number)) offer(std::move(arrived), nullptr);"),
    Mutant("has done with an event that nobody answered for", EXCHANGE, "return failed_ ? leave(*failed_) : settle();",
           "return failed_ && !MUTANT ? leave(*failed_) : settle();"),
    # Events that start an execution together.
    Mutant("does not remember what it has collected", COLLECTOR, ".event = it.event.number,",
           ".event = MUTANT ? std::nullopt : std::optional(it.event.number),"),
    Mutant("forgets what was ready and did not start", "engine/runtime/event_starter.cpp", "if (is_done) together->started",
           "if (MUTANT || is_done) together->started"),
    # Leases.
    without("does not resume what it takes over", KEEPER, "if (came.any()) hooks_.came(came);"),
    before("goes on with a lease that has run out", KEEPER, "if (held.none()) return;", "return;"),
    Mutant("trusts a lease longer than it lasts", KEEPER, "constexpr int kCertain = 2;", "const int kCertain = MUTANT ? 5 : 2;"),
    Mutant("gives shards up before it has drained", "engine/runtime/engine.cpp", "    if (remote_commands_) remote_commands_->end_all();",
           "    if (MUTANT && leases_) static_cast<void>(leases_->leave());\n    if (remote_commands_) remote_commands_->end_all();"),
    Mutant("sends for a shard that went", DRIVER, "if (lost_ || !host_.shared().may_begin(id_)) return;",
           "if (MUTANT ? host_.shared().draining.load() : lost_ || !host_.shared().may_begin(id_)) return;"),
    # What is emitted.
    without("forgets what a decision emits", COMMIT, "own.deliveries = pending_->deliveries;"),
    instead("takes a refused event for delivered", PUBLISHER, "answer.outcome == saga::AttemptOutcome::kDone",
            "answer.outcome != saga::AttemptOutcome::kUnknown"),
    Mutant("sends an event for a shard that went", PUBLISHER, "if (!host().shared().may_begin(execution)) return leave(execution);\n    if (sink_",
           "if (!MUTANT && !host().shared().may_begin(execution)) return leave(execution);\n    if (sink_"),
    Mutant("sends what stands behind a refused event", PUBLISHER, "tell(delivery, error);\n    leave(execution);",
           "tell(delivery, error);\n    if (MUTANT && chains_.at(execution).size() > 1) {\n"
           "      chains_.at(execution).pop_front();\n      return send(execution);\n    }\n    leave(execution);"),
    before("forgets what was not delivered", PUBLISHER,
           "postponed_.push_back({delivery.number, shared.time.now() + pause, error});",
           "delivered_.push_back(delivery.number);"),
    # Executions that run each other.
    without("what a step runs is not cancelled with it", "engine/saga/decide.cpp", 'cancel_runs(planner, "");'),
    Mutant("a crash loses what was said to another execution", RECOVERY, "is_in_flight && !is_running_another(step)",
           "is_in_flight && (MUTANT || !is_running_another(step))"),
    Mutant("what was run and failed is taken for completed", RUNS,
           "if (state.outcome == Outcome::kCompleted) return {", "if (MUTANT || state.outcome == Outcome::kCompleted) return {"),
    Mutant("what has completed is not undone", UNDO, "    return UndoVerdict::kBegins;\n  }\n  return state",
           "    return MUTANT ? UndoVerdict::kNothing : UndoVerdict::kBegins;\n  }\n  return state"),
    before("the end is not told to who waits for it", MESSAGES, "if (!state_.parent || !state_.parent->awaited) return std::nullopt;",
           "return std::nullopt;"),
    Mutant("each time it is told to, another execution is begun", "engine/runtime/engine_runs.cpp", "start_as(begin.execution,",
           "start_as(MUTANT ? new_id() : begin.execution,"),
)
