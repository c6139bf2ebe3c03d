// What decide() can be asked about: an answer, a due timer, a recovery, or an operator's word.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/saga/answer.hpp"
#include "engine/saga/event.hpp"
#include "engine/saga/state.hpp"

namespace skald::saga {

// How far a replay's original had come, step by step: what it takes over. A step with steps inside is StepStarted
// first.
using TakenOver = std::variant<StepReused, StepSkipped, StepFailed, StepStarted, ErrorCaught>;

// To an empty State (id set). `reused` is what a replay takes over, in the order of the original.
struct StartExecution {
  Payload input;
  std::map<std::string, std::string> labels;
  std::optional<ReplaySource> replay_of;
  std::vector<TakenOver> reused;
  std::optional<Parent> parent;
  std::uint32_t depth = 0;        // as of ExecutionStarted
  std::optional<Millis> timeout;  // beside the workflow's own: the shorter one holds
  std::string callback_url;       // as of ExecutionStarted, for a definition that uses callbacks
  std::string callback_secret;    // 32 random hex digits
};

// An attempt's answer. One for an attempt that is not in flight (late, duplicated) is ignored.
struct AttemptEnded {
  std::string step;  // instance path
  std::uint32_t attempt = 0;
  bool settling = false;
  Answer answer;
};

// An event that the step may be listening for. Refused where it does not take it: "event.not_awaited", or "event.taken"
// where a step that is over has.
struct EventArrived {
  std::string step;  // instance path
  Payload event;     // CloudEvent in its structured form
};

// An answer at the address of $callbacks.<step>.url.
struct CallbackArrived {
  std::string step;  // path without `#n`
  std::string mac;   // of the token
  Payload data;
};

// The time of next_wake() has come, or a look is due anyway.
struct TimerFired {};

// The execution was loaded after a crash or a takeover: nothing of it is in flight any more.
struct RecoverExecution {};

// The engine cannot go on with the execution: an operator's word is needed before anything more happens.
struct QuarantineExecution {
  std::string detail;  // why
};

struct CancelExecution {
  std::string reason;
};
struct SuspendExecution {
  std::string reason;
};
struct ResumeExecution {
  std::string reason;
};
struct TerminateExecution {
  std::string reason;
};
struct ResolveIncident {
  std::uint32_t number = 0;
  IncidentResolution resolution = IncidentResolution::kRetry;
  std::string reason;
  std::optional<Payload> output;  // `resolve` of a step: taken as its output
};

// Of the step that ran this execution, which is undone itself.
struct UndoExecution {
  RunBy by;
};

// To the original of a replay: refused when what would be reused does not stand any more, or was reused before.
struct RecordReplay {
  ExecutionReplayed replayed;
  bool accept_standing = false;
};

struct Input {
  std::string actor;  // empty: the engine
  std::variant<StartExecution, AttemptEnded, EventArrived, CallbackArrived, TimerFired, RecoverExecution,
               QuarantineExecution, CancelExecution, SuspendExecution, ResumeExecution, TerminateExecution,
               ResolveIncident, RecordReplay, UndoExecution>
      what;
};

}  // namespace skald::saga
