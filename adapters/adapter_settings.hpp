// What the adapters file says, as plain data: where each participant is and how to treat it.
//
// Base URLs, credentials, limits and outcome tables are looked up at each send, so a changed file acts on the next
// attempt. Immutable once loaded; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "adapters/http/url.hpp"
#include "adapters/secret.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/time.hpp"
#include "engine/expression/expression.hpp"

namespace skald::adapters {

// Statuses that override the outcome table of docs/adapters.md. A status stands in one list at most.
struct OutcomeRules {
  std::vector<int> done;
  std::vector<int> refused;
  std::vector<int> retry;  // unknown, and retried by policy
};

// Of an operation that may answer 202 with a Location: that is asked until the work has ended.
struct PollSettings {
  Millis every{0};
  std::optional<expression::Expression> until;  // on the body of an answer; absent: any answer 2xx but 202
};

struct OperationSettings {
  std::string method;  // upper case
  std::string path;    // "/orders/{orderId}/refunds"
  OutcomeRules outcomes;
  std::optional<PollSettings> poll;
};

struct BearerAuthentication {
  SecretText token;
};

struct BasicAuthentication {
  SecretText username;
  SecretText password;
};

using Authentication = std::variant<std::monostate, BearerAuthentication, BasicAuthentication>;

struct CallLimits {
  std::size_t concurrency = limits::kCallsPerHostMax;
  std::optional<double> rate_per_second;
};

struct CircuitBreakerSettings {
  std::size_t failures = 20;  // within `window`: open for `open_for`, then one probe at a time
  Millis window = std::chrono::seconds(10);
  Millis open_for = std::chrono::seconds(30);
};

// What is sent here of the events that workflows emit.
struct EventSettings {
  std::string operation;           // one of the adapter's
  std::vector<std::string> types;  // exact, or up to a `*` at the end; none: all
};

struct AdapterSettings {
  Origin origin;
  std::string base_path;  // "/v1": no slash at its end
  Authentication authentication;
  CallLimits limits;
  std::optional<CircuitBreakerSettings> circuit_breaker;
  std::map<std::string, OperationSettings, std::less<>> operations;
  std::optional<EventSettings> events;
};

struct AdaptersConfig {
  std::map<std::string, AdapterSettings, std::less<>> adapters;
};

}  // namespace skald::adapters
