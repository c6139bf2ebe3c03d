// Switches that make a participant misbehave, for one order or for all.
//
// By request: POST /admin/faults {service?, operation?, orderId?, mode, status?, delayMs?, probability?, count?}, or on
// any call by its query: ?fail=409, ?delay=PT2S (or milliseconds), ?probability=0.3, ?down=1, ?lost=reply.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <random>
#include <string>

#include "adapters/samples/http_server.hpp"

namespace skald::samples {

enum class FaultMode {
  kRefuse,     // a definite no, nothing applied
  kError,      // a 5xx, nothing applied
  kDelay,      // slow, else right
  kLostReply,  // applied, then the connection is cut
  kGarbage,    // applied, then an answer that is not HTTP
  kDown,       // the connection is cut, nothing applied
};

struct Fault {
  std::string service;    // empty: every one
  std::string operation;  // "do", "undo" or empty
  std::string order_id;   // empty: every order
  FaultMode mode = FaultMode::kRefuse;
  int status = 409;
  int delay_ms = 0;
  double probability = 1;
  int count = -1;  // how often; -1: always
};

class Faults {
 public:
  explicit Faults(std::uint64_t seed) : random_(seed) {}

  // Throws std::invalid_argument with a text for people.
  void add(const nlohmann::json& rule);
  void clear();
  // The fault that strikes this call, if any.
  std::optional<Fault> strike(const std::string& service, const std::string& operation, const std::string& order_id,
                              const HttpRequest& request);

 private:
  std::mutex mutex_;
  std::list<Fault> rules_;
  std::mt19937_64 random_;
};

}  // namespace skald::samples
