// Who may send at the moment: concurrency, rate and circuit breaker of one participant.
//
// Times are data (steady), so it is pure. The caller keeps the queue; waiting uses no attempt. Thread rule: one loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>

#include "adapters/adapter_settings.hpp"

namespace skald::adapters {

using Steady = std::chrono::nanoseconds;

class Gate {
 public:
  Gate(const CallLimits& call_limits, const std::optional<CircuitBreakerSettings>& breaker);

  // Settings may change while calls are in flight; a breaker that stays keeps its state.
  void configure(const CallLimits& call_limits, const std::optional<CircuitBreakerSettings>& breaker);

  // Forgets what was learned of the participant: it is another one now.
  void close_circuit();

  struct Turn {
    bool go = false;
    bool probe = false;                // the one call that tries whether the circuit may close
    std::optional<Steady> look_again;  // not before; absent: when a call leaves
  };
  Turn enter(Steady now);

  enum class Verdict {
    kHealthy,  // the participant answered
    kFailing,  // 5xx, no connection, no answer in time, garbage
    kNone,     // nothing was learned of it
  };
  void leave(Steady now, bool probe, Verdict verdict);

  std::size_t in_flight() const { return in_flight_; }
  bool is_open() const { return state_ != State::kClosed; }

 private:
  enum class State { kClosed, kOpen, kProbing };

  void refill(Steady now);
  void open(Steady now);

  CallLimits limits_;
  std::optional<CircuitBreakerSettings> breaker_;
  std::size_t in_flight_ = 0;
  double tokens_ = 0;
  Steady refilled_{Steady::min()};
  State state_ = State::kClosed;
  Steady open_until_{0};
  std::deque<Steady> failures_;  // within the window, oldest first
};

}  // namespace skald::adapters
