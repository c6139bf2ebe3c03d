// What became of one attempt, as the participant port reports it. Three outcomes, never a fourth:
// done (a complete, expected answer), refused (nothing was sent, or a definite refusal), unknown (everything else).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"

namespace skald::saga {

enum class AttemptOutcome { kDone, kRefused, kUnknown };

// "done", "refused", "unknown".
std::string_view to_string(AttemptOutcome outcome);
std::optional<AttemptOutcome> parse_attempt_outcome(std::string_view text);

struct Answer {
  AttemptOutcome outcome = AttemptOutcome::kUnknown;
  bool retryable = false;  // by the outcome table, before the policy's when/exceptWhen
  bool sent = true;        // false: no request byte left the process
  int status = 0;          // HTTP status; 0 where there was none
  Payload body;            // done: the step's output
  std::string error_type;  // otherwise: last segment of the specification's error type: "communication", "timeout", ...
  std::string title;       // otherwise: for people, ours
  std::string detail;      // otherwise: text from outside, at most 2 KiB
  std::optional<Millis> retry_after;
  Payload problem;  // of an execution that was run: its error, which goes on as it is
};

}  // namespace skald::saga
