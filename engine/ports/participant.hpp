// The services that do the work. One call is one attempt: nothing below this port retries.
//
// Thread rule: an implementation belongs to one loop; send() and cancel_all() are called on it, and `done` is called on
// it, later, exactly once, never from inside send().
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/saga/answer.hpp"
#include "engine/saga/effect.hpp"

namespace skald::ports {

// Asked right before a call is written, which may be long after it was handed over: another node may go on with its
// execution by then. Any thread.
class Ownership {
 public:
  virtual ~Ownership() = default;
  virtual bool is_ours(const ExecutionId& execution, std::uint64_t epoch) const = 0;
};

struct ParticipantCall {
  ExecutionId execution;
  std::string workflow;  // "shop/checkout:1.0.0"
  std::string step;      // path without the undo's ending: the same for do and undo
  saga::Action action = saga::Action::kExecute;
  std::uint32_t attempt = 1;
  std::uint64_t epoch = 1;
  std::string key;    // idempotency key without quotes; empty: nothing is asked for that could be done twice
  Millis timeout{0};  // from the moment the call leaves the queue of its host
  saga::RequestPtr request;
  definition::AuthenticationPtr authentication = nullptr;  // who a `call: http` says it is
  definition::SecretHeadersPtr secret_headers = nullptr;   // its headers beyond the request's
  const Ownership* ownership = nullptr;                    // null: nobody else can have it
  bool trusted = true;  // false: the definition was uploaded, so a `call: http` reaches allowed hosts only
};

class Participant {
 public:
  using Done = std::move_only_function<void(saga::Answer)>;

  virtual ~Participant() = default;

  // Waits its turn (concurrency, rate, circuit breaker), sends, classifies the answer by the outcome table.
  virtual void send(ParticipantCall call, Done done) = 0;

  // Takes back a call that still waits for its turn (an open circuit may keep it there for long): its `done` is not
  // called, and no attempt was made. False when it has left the queue: its `done` is called.
  virtual bool withdraw(const ExecutionId& execution, std::string_view key) {
    static_cast<void>(execution);
    static_cast<void>(key);
    return false;
  }

  // Drops whatever waits for its turn and cuts what is in flight, without calling any `done`: the process is ending,
  // and the next one treats these attempts as lost.
  virtual void abandon_all() = 0;
};

}  // namespace skald::ports
