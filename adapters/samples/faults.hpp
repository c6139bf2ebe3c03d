// Switches that make a participant misbehave, for one order or for all.
//
// By request: POST /admin/faults {service?, operation?, orderId?, mode, status?, delayMs?, probability?, count?}, or on
// any call by its query: ?fail=409, ?delay=PT2S, ?late=PT2S, ?probability=0.3, ?down=1, ?lost=reply, ?garbage=1. The
// query is a property of an operation's path in the adapters file.
//
// Thread rule: one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <random>
#include <string>

#include "adapters/samples/http_server.hpp"

namespace skald::samples {

enum class FaultMode {
  kRefuse,     // a definite no, nothing applied
  kError,      // a 5xx, nothing applied
  kDelay,      // applied at once, answered late
  kLate,       // as if stuck on the way: looked at, applied and answered after the delay
  kLostReply,  // applied, then the connection is cut
  kGarbage,    // applied, then an answer that is not HTTP
  kDown,       // the connection is cut, nothing applied
};

struct Fault {
  std::string service;    // empty: every one
  std::string operation;  // "do", "undo" or its name ("charge"); empty: both
  std::string order_id;   // empty: every order
  FaultMode mode = FaultMode::kRefuse;
  int status = 409;
  std::chrono::milliseconds delay{0};
  double probability = 1;
  long long count = -1;  // how often; -1: always
};

// What a call looks like to the rules.
struct FaultSubject {
  std::string service;
  bool undoes = false;
  std::string operation;  // "charge"
  std::string order_id;
};

class Faults {
 public:
  explicit Faults(std::uint64_t seed) : random_(seed) {}

  // Throws std::invalid_argument with a text for people.
  void add(const nlohmann::json& rule);
  void clear() { rules_.clear(); }
  nlohmann::json list() const;
  // The fault that strikes this call, if any: the first rule that fits, else that of its query. Throws
  // std::invalid_argument where the query is malformed.
  std::optional<Fault> strike(const FaultSubject& subject, const HttpRequest& request);

 private:
  bool happens(double probability);

  std::list<Fault> rules_;
  std::mt19937_64 random_;
};

}  // namespace skald::samples
