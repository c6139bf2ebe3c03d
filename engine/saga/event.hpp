// What has happened to an execution: the rows of its history, as past-tense facts.
//
// Events are forever. Each kind has a name and a version (event_codec.hpp); a stored event must replay for all time, so
// fields are only ever added, with a meaning for their absence. Everything that apply() needs is in the event: it never
// sees a definition, evaluates an expression or looks at a clock.
//
// `step` is the path of a step instance: "order.charge", of an undo "order.charge/compensate". The idempotency key of a
// request is "<execution>/<path>".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"
#include "engine/saga/outcome.hpp"
#include "engine/saga/request.hpp"

namespace skald::saga {

// A new business label that the event brings with it; absent: the label stays.
using StatusChange = std::optional<std::string>;

struct ReplaySource {
  ExecutionId execution;
  std::string from;  // "start", "failed" or a step

  bool operator==(const ReplaySource&) const = default;
};

// What an event must be for a step that listens: as definition::EventFilter has them.
struct Listen {
  std::string shape;
  std::string key;

  bool operator==(const Listen&) const = default;
};

// The step that runs an execution.
struct RunBy {
  ExecutionId execution;
  std::string step;
  std::uint32_t attempt = 0;

  bool operator==(const RunBy&) const = default;
};

// Of an execution that another one runs.
struct Parent {
  RunBy by;
  std::uint32_t depth = 1;  // as of State
  bool awaited = true;      // it is told when this one has ended

  bool operator==(const Parent&) const = default;
};

struct ExecutionStarted {
  std::string namespace_name;
  std::string name;
  std::string version;
  std::string digest;           // of the definition
  Payload input;                // as received: $workflow.input
  std::optional<Payload> data;  // the first step's `.` where input.from changed it
  std::map<std::string, std::string> labels;
  std::optional<Timestamp> deadline;  // workflow timeout
  std::optional<ReplaySource> replay_of;
  std::optional<Parent> parent;
  std::uint32_t depth = 0;      // of one that an event has started: as of State; with a parent that has it
  std::string callback_url;     // that callback tokens are appended to; empty: the definition has no use for it
  std::string callback_secret;  // from which the tokens are made
  StatusChange status;
};

// The events that may be an instance's first have its `round` within the step around it: the iteration of a `for`, the
// attempt of a `try`, the branch of a `fork`, from 1; 0 where there are no rounds.

// Carries attempt 1 where it has a request; without one it opens a step that has steps inside, a `wait` or a `listen`.
struct StepStarted {
  std::string step;
  std::uint32_t round = 0;
  RequestPtr request;
  std::optional<Payload> input;          // where input.from changed it
  std::optional<Timestamp> deadline;     // `timeout` of a `do` or `wait`
  std::optional<Timestamp> wait_until;   // of a `wait`
  std::vector<Listen> listens;           // of a `listen`: one for each of its patterns
  std::optional<Payload> items;          // of a `for`, and of a `listen` that a replay takes over: what it goes through
  bool apart = false;                    // each round begins with the step's own input, not with what the last one left
  std::optional<Millis> attempt_limit;   // of a `try`: how long each round of its steps may take
  std::optional<ExecutionId> execution;  // the one that it runs
  StatusChange status;
};

// From the second attempt on; key and body are those of StepStarted.
struct AttemptStarted {
  std::string step;
  std::uint32_t attempt = 0;
  std::optional<ExecutionId> execution;  // the one that it runs: each attempt another one
};

struct AttemptFailed {
  std::string step;
  std::uint32_t attempt = 0;
  AttemptClass outcome = AttemptClass::kUnknown;
  bool retryable = false;
  Payload error;  // problem object
};

// The process died, or lost its shard, while the attempt was in flight.
struct AttemptLost {
  std::string step;
  std::uint32_t attempt = 0;
};

struct RetryScheduled {
  std::string step;
  std::uint32_t attempt = 0;  // the one that will start
  Timestamp at;
};

struct StepCompleted {
  std::string step;
  std::uint32_t round = 0;
  Payload output;                  // after output.as
  bool pivot = false;              // from here on nothing before it is undone
  std::optional<Payload> context;  // the new $context, where export.as set one
  std::string then;                // where the flow goes on, as definition::Step::then: a `switch` has chosen it
  // Of an `emit`: the CloudEvent, which is in the outbox from then on. Stored once where it is the output.
  std::optional<Payload> emitted;
  StatusChange status;
};

struct StepFailed {
  std::string step;
  std::uint32_t round = 0;
  Payload error;           // problem object with `instance`
  bool unknown = false;    // it may have had its effect
  bool continued = false;  // onError: continue; the flow goes on
  std::string then;        // of a continued one
  StatusChange status;
};

struct StepSkipped {
  std::string step;
  std::uint32_t round = 0;
};

// In a replay: a step that completed in the original execution and still stands. Its keys stay the original's.
struct StepReused {
  std::string step;
  std::uint32_t round = 0;
  ExecutionId origin;
  RequestPtr request;
  Payload input;
  Payload output;
  bool pivot = false;  // as of StepCompleted
  std::optional<Payload> context;
  std::string then;
  std::optional<ExecutionId> execution;  // the one that it ran
  StatusChange status;
};

struct CancelRequested {
  std::string reason;
};

// The deadline of the workflow (`step` empty) or of a `do` has passed, or that of one attempt of a `try`.
struct TimeoutReached {
  std::string step;
  std::uint32_t attempt = 0;  // 0: that of the whole
};

struct CompensationStarted {
  CompensationReason reason = CompensationReason::kFault;
  std::string failed_step;  // empty for cancel and the workflow's timeout
  Payload error;            // null for cancel
  std::optional<Timestamp> deadline;
  StatusChange status;
};

// The request of an unknown step is repeated under its key, to learn what became of it before it is undone.
struct SettleStarted {
  std::string step;
  std::uint32_t attempt = 0;
};

struct SettleEnded {
  std::string step;
  bool done = false;  // false: definitely refused
  Payload output;     // of a settled `done`
};

// Carries attempt 1 where it has a request; without one it opens an undo that is a list. `step` is the undo's path.
struct UndoStarted {
  std::string step;
  RequestPtr request;
  std::optional<ExecutionId> execution;  // the one that it runs
  StatusChange status;
};

struct UndoCompleted {
  std::string step;
  StatusChange status;
};

// Recorded and passed over (saga.compensation.onError: continue); otherwise an incident holds the undo open.
struct UndoFailed {
  std::string step;
  Payload error;
};

struct IncidentRaised {
  std::uint32_t number = 0;  // from 1
  std::string step;          // empty: the whole execution
  std::uint32_t round = 0;   // of the step, which may not have started
  IncidentKind kind = IncidentKind::kUndoFailed;
  Payload error;
};

struct IncidentResolved {
  std::uint32_t number = 0;
  IncidentResolution resolution = IncidentResolution::kRetry;
  std::string reason;
  Payload output;  // of `resolve`
};

struct ExecutionSuspended {
  std::string reason;
};

struct ExecutionResumed {
  std::string reason;
};

struct ExecutionEnded {
  Phase phase = Phase::kCompleted;
  Outcome outcome = Outcome::kCompleted;
  CompensationState compensation = CompensationState::kNone;
  bool stands = false;  // nothing was undone, as saga.compensation.triggers has it
  Payload output;
  Payload error;
  std::string reason;  // of a termination
  StatusChange status;
};

// On the original of a replay, after its end.
struct ExecutionReplayed {
  ExecutionId replay;
  std::string from;
  bool reuses = false;  // the replay took over the effects that stood
  std::string reason;
};

// A `try` has caught the error of its steps: they are over, and what handles it comes.
struct ErrorCaught {
  std::string step;
  std::uint32_t round = 0;  // of the steps that handle it
  Payload error;
};

// Part of an execution that goes on is undone: the steps inside `step` but for those of round `kept`.
struct ScopeUndoStarted {
  std::string step;
  CompensationReason reason = CompensationReason::kFault;
  std::string failed_step;
  Payload error;
  std::uint32_t kept = 0;
};

// An event from outside for a step that listens, or a callback, which may come before the step has started.
struct EventReceived {
  std::string step;           // of an early callback: the path that the step will have, without `#n`
  std::uint32_t pattern = 0;  // of the step, from 1; 0: a callback
  Payload event;              // CloudEvent
};

// A step that goes through the events one by one (`foreach`) takes no more of them. What it has got it goes through.
struct ListeningEnded {
  std::string step;
};

// It has gone through another one: the steps of that round have ended.
struct IterationCompleted {
  std::string step;
  std::uint32_t round = 0;
  std::optional<Payload> output;   // where output.as of the iteration made one; absent: the event as it is read
  std::optional<Payload> context;  // the new $context, where its export.as set one
};

// One decision has recorded as much as it may; the flow goes on at once, in another one.
struct TurnEnded {};

// What the step runs is to cancel itself: the step is on its way to its end.
struct RunCancelRequested {
  std::string step;
};

// The step that ran this execution is undone, and asks this one to undo itself, which may have ended.
struct UndoRequested {
  RunBy by;
  UndoVerdict verdict = UndoVerdict::kBegins;
  std::string objection;  // of kRefused; empty: its effects stand already
};

// The call of a step has succeeded, and its answer cannot be made use of: `output`, `export` or a schema fails. The
// step fails or is parked behind it; its effect is there and not in doubt.
struct AttemptCompleted {
  std::string step;
  std::uint32_t attempt = 0;
  Payload answer;      // what undoing the step looks at
  bool pivot = false;  // as of StepCompleted
};

using EventData =
    std::variant<ExecutionStarted, StepStarted, AttemptStarted, AttemptFailed, AttemptLost, RetryScheduled,
                 StepCompleted, StepFailed, StepSkipped, StepReused, CancelRequested, TimeoutReached,
                 CompensationStarted, SettleStarted, SettleEnded, UndoStarted, UndoCompleted, UndoFailed,
                 IncidentRaised, IncidentResolved, ExecutionSuspended, ExecutionResumed, ExecutionEnded,
                 ExecutionReplayed, TurnEnded, ErrorCaught, ScopeUndoStarted, EventReceived, RunCancelRequested,
                 UndoRequested, ListeningEnded, IterationCompleted, AttemptCompleted>;

struct Event {
  Timestamp at;
  std::uint64_t epoch = 0;  // of the shard's owner when it was written
  std::string actor;        // who asked for it: empty for the engine itself
  EventData data;
};

}  // namespace skald::saga
