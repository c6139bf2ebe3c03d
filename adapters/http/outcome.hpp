// The outcome table: what an answer, or the lack of one, means for the attempt. Pure.
//
// 2xx is done, 408 425 429 500 502 503 504 unknown and worth a retry, any other 4xx refused, everything else unknown
// and not retried; an operation's `outcomes` overrides it. Success comes only from a complete, well-formed answer.
#pragma once

#include <string>
#include <string_view>

#include "adapters/adapter_settings.hpp"
#include "adapters/http/response_reader.hpp"
#include "engine/base/time.hpp"
#include "engine/saga/answer.hpp"
#include "engine/saga/request.hpp"

namespace skald::adapters {

struct StatusMeaning {
  saga::AttemptOutcome outcome = saga::AttemptOutcome::kUnknown;
  bool retryable = false;
};

StatusMeaning meaning_of(int status, const OutcomeRules& rules);

// Takes the body out of `response`. The request says what its output is, and whether 3xx is done. `now` is for
// Retry-After dates.
saga::Answer answer_from(Response& response, const saga::Request& request, const OutcomeRules& rules, Timestamp now);

// How an attempt ended without an answer.
enum class Failure {
  kNotSent,    // name look-up, connect, TLS: no request byte left the process
  kRefused,    // not sent and not worth a retry: the request or the configuration forbids it
  kTimeout,    // the attempt's deadline; not sent when the connection was not there yet
  kLost,       // the connection failed after the first request byte
  kMalformed,  // no HTTP answer, or a contradictory one
  kTooLarge,
};

struct FailureReport {
  Failure kind = Failure::kLost;
  bool sent = true;
  std::string error_type = "communication";
  std::string title;   // ours
  std::string detail;  // from outside
};

saga::Answer answer_from(FailureReport report);

// The `code` label of the request metric: "200", "timeout", "not_sent", ...
std::string_view label_of(Failure kind);

}  // namespace skald::adapters
