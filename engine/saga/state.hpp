// Where an execution stands: the fold of its history. A tree of step instances, not a cursor into a list.
//
// A plain value, changed by apply() alone. It holds everything that views, recovery and decide() need, without a
// definition. Payloads are shared handles, so a copy is cheap where the tree is small.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"
#include "engine/saga/event.hpp"
#include "engine/saga/outcome.hpp"
#include "engine/saga/request.hpp"

namespace skald::saga {

enum class StepStatus { kRunning, kCompleted, kFailed, kSkipped };
enum class UndoStatus { kNone, kSettling, kSettled, kRunning, kCompleted, kFailed, kSkipped };

// The attempts of one request: of the step itself, of its settling, or of its undo.
struct Attempts {
  std::uint32_t number = 0;         // of the last attempt started; 0: none
  std::uint32_t counted = 0;        // failed ones that the policy counts (a process death does not)
  std::uint32_t lost_in_a_row = 0;  // process deaths soon after it was sent, without an answer between
  bool in_flight = false;
  Timestamp first_at{};               // start of attempt 1 (or of settling)
  Timestamp last_at{};                // start of the last attempt
  std::optional<Timestamp> retry_at;  // the next attempt's time while backing off
  Payload last_error;                 // null: none yet
};

// Why part of an execution that goes on is undone: a lost race, an error that was caught.
struct ScopeUndo {
  CompensationReason reason = CompensationReason::kFault;
  std::string failed_step;
  Payload error;
  std::uint32_t kept = 0;  // the round that is not undone; 0: none
};

// How long each round of a `try` may take.
struct AttemptLimit {
  Millis length{0};
  Timestamp deadline{};  // of the round that runs, or that begins next
  bool passed = false;   // that deadline has
};

// An event that a step that listens has taken.
struct ReceivedEvent {
  std::uint32_t pattern = 0;  // as of EventReceived
  Payload event;
};

// A callback for a step that has not started yet.
struct EarlyEvent {
  std::string step;
  Payload event;
};

struct StepState {
  std::string name;  // last segment of the path: "charge", "compensate"; "charge#2" the second time it is entered
  std::string path;
  std::uint32_t round = 0;  // within the step around it, as of StepStarted
  StepStatus status = StepStatus::kRunning;
  Timestamp started_at{};
  Timestamp ended_at{};
  std::uint64_t ended_position = 0;  // of the event that ended it: the order of undoing
  std::optional<Timestamp> deadline;
  std::optional<Timestamp> wait_until;  // of a `wait`

  std::vector<Listen> listens;                  // of a `listen`: what for
  std::vector<ReceivedEvent> events;            // and what it has got, in the order of their arrival
  bool listening_ended = false;                 // it takes no more
  std::vector<std::optional<Payload>> results;  // of the events that it has gone through, as of IterationCompleted
  Payload items;                                // as of StepStarted
  bool apart = false;                           // as of StepStarted
  Payload caught;                               // of a `try`: the error that is being handled
  std::uint32_t handler_round = 0;              // and the round of the steps that do
  std::shared_ptr<const AttemptLimit> limit;    // of a `try` that has one, until its steps have given up
  std::shared_ptr<const ScopeUndo> undoing;     // what is inside is being undone, or was

  Payload input;
  Payload output;
  Payload error;
  RequestPtr request;                    // null for steps without one
  std::optional<ExecutionId> execution;  // of a `run`: what its last attempt runs
  bool run_cancelled = false;            // which was asked to cancel itself
  Attempts attempts;                     // of the request
  bool unknown = false;                  // some attempt may have had its effect
  bool answered = false;                 // one has had it, as of AttemptCompleted; `output` is its answer
  bool timed_out = false;                // its deadline has passed (sticky)
  bool continued = false;                // failed, and the flow went on
  std::string then;                      // where it goes on, as definition::Step::then
  std::optional<ExecutionId> origin;     // reused from that execution: its keys stay the original's

  UndoStatus undo_status = UndoStatus::kNone;
  bool settled_done = false;     // settling ended in `done`
  bool settled_refused = false;  // settling ended in a refusal: a 404 or 410 to the undo counts as done
  Attempts settling;
  std::vector<StepState> undo;      // none or one: the undo's own instance
  std::vector<StepState> children;  // of a step that has steps inside, in the order they started
};

struct Incident {
  std::uint32_t number = 0;
  std::string step;
  std::uint32_t round = 0;  // of the step
  IncidentKind kind = IncidentKind::kUndoFailed;
  Payload error;
  Timestamp raised_at{};
  bool open = true;
  std::optional<IncidentResolution> resolution;
  std::string actor;
  std::string reason;
  Timestamp resolved_at{};
};

struct Compensation {
  CompensationState state = CompensationState::kNone;
  CompensationReason reason = CompensationReason::kFault;
  std::string failed_step;
  Payload error;
  std::optional<Timestamp> deadline;
  Timestamp started_at{};
};

struct State {
  ExecutionId id;
  std::uint64_t position = 0;  // of the last event; 0: nothing has happened yet

  std::string namespace_name;
  std::string name;
  std::string version;
  std::string digest;
  Payload input;
  std::map<std::string, std::string> labels;
  std::optional<ReplaySource> replay_of;
  std::vector<ExecutionReplayed> replays;
  std::optional<Parent> parent;
  std::uint32_t depth = 0;  // how many executions led to it, one by one, by running it or by an event that starts it
  std::optional<RunBy> undone_by;  // who is to hear when this one has undone itself

  Phase phase = Phase::kPending;
  std::optional<Outcome> outcome;
  std::string status;  // business label
  Timestamp started_at{};
  Timestamp updated_at{};
  Timestamp ended_at{};
  std::optional<Timestamp> deadline;

  std::string callback_url;  // as of ExecutionStarted
  std::string callback_secret;
  std::vector<std::string> called_back;  // the steps whose callback has come, by their path without `#n`
  std::vector<EarlyEvent> early_events;

  StepState root;   // the top-level `do`: path "", its input is the first step's `.`
  Payload context;  // $context
  Payload output;
  Payload error;

  bool suspended = false;         // by an operator
  bool cancel_requested = false;  // sticky
  std::string cancel_reason;
  bool timed_out = false;  // sticky: the workflow's deadline has passed
  std::string gives_up;    // sticky: the step that said `then: compensate`
  bool pivoted = false;    // a pivot completed: what was before it is not undone any more
  std::uint64_t pivot_position = 0;
  bool stands = false;       // as of ExecutionEnded
  bool has_rounds = false;   // some steps may run beside each other
  bool has_listens = false;  // some step listens, or did
  bool turn_ended = false;   // nothing is waited for: the next decision is due at once
  Compensation compensation;
  std::vector<Incident> incidents;
};

// The instance at a path, undo instances included; null where there is none.
const StepState* find_step(const State& state, std::string_view path);
StepState* find_step(State& state, std::string_view path);

// The `.` that a step at `path` gets before input.from: what its predecessor in the same list left; of an undo, the
// output of the step it undoes. The step must not have started.
Payload flowing_input(const State& state, std::string_view path, std::uint32_t round = 0);

// The same of a step that may have started.
Payload raw_input(const State& state, std::string_view path, std::uint32_t round);

// The entry of a list that started last, in one of its rounds; null where none has. With `before` only those that
// started before that one are looked at.
const StepState* last_entry(const StepState& list, std::uint32_t round, const StepState* before = nullptr);

// What flows out of a list of steps so far: the last one's output, or its input where it was skipped or passed over.
Payload data_left_by(const StepState& list, std::uint32_t round = 0, const StepState* before = nullptr);

// Why the steps around a path are being undone while the execution as a whole goes on; null where they are not.
const ScopeUndo* scope_undo_around(const State& state, std::string_view path);

// Whether a step waits for another execution.
inline bool is_running_another(const StepState& step) {
  return step.request && step.request->is_to_engine() && step.attempts.in_flight;
}

// Whether a step is a `wait` or a `listen`, or waits for another execution.
inline bool is_waiting_kind(const StepState& step) {
  return step.wait_until || !step.listens.empty() || is_running_another(step);
}

// Whether all that runs are such steps.
bool only_waits(const State& state);

// Whether the flow is on its way to an end that is not its own: cancelled, timed out, given up. Nothing new starts, and
// undoing begins when no call is in flight any more.
bool is_ending(const State& state);

// "<execution>/<path>", with the original's execution for a reused step.
std::string idempotency_key(const State& state, const StepState& step);

// Whether its call had its effect or may have: done, unknown, or in flight (which stays so after a termination).
bool may_stand(const StepState& step);
// The steps of which that is true and whose undo, or that of a composite around them, has not completed.
std::vector<const StepState*> standing_steps(const State& state);

// Whether an undo at or below a step was passed over.
bool has_failed_undo(const StepState& step);

bool has_open_incident(const State& state);

// Whether an incident holds the execution (or just the step at `path`) until an operator speaks. The two kinds that
// only report a passed deadline hold nothing.
bool has_blocking_incident(const State& state);
bool has_blocking_incident(const State& state, std::string_view path);

// Whether the execution as a whole is in quarantine: nothing of it goes on before an operator's word, its deadlines
// included.
bool is_quarantined(const State& state);

// Whether a call is in flight, forward, settling or undoing: anywhere, or at or below a step.
bool has_call_in_flight(const State& state);
bool has_call_in_flight(const StepState& step);
// The same for calls to participants: those to this engine are in flight across its restarts.
bool calls_participant(const StepState& step);

// When decide() must be asked next if nothing else happens: the nearest retry or deadline, at the latest one audit
// interval after `now`. nullopt for an execution that has ended.
std::optional<Timestamp> next_wake(const State& state, Timestamp now);

}  // namespace skald::saga
