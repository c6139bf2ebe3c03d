// The time executions live by: UTC that never jumps.
//
// It starts at the system's UTC and then runs with the steady clock, so a delay of ten seconds takes ten seconds
// whatever happens to the system's clock meanwhile. A step of the system's clock is followed from the next start of
// the process on; drift() tells how far it is away, to be logged. Thread rule: any thread.
#pragma once

#include <chrono>

#include "engine/base/time.hpp"
#include "engine/ports/clock.hpp"

namespace skald::runtime {

class EngineTime {
 public:
  explicit EngineTime(ports::Clock& clock) : clock_(clock), utc_(clock.now()), steady_(clock.steady()) {}

  Timestamp now() const { return utc_ + std::chrono::duration_cast<Millis>(clock_.steady() - steady_); }
  std::chrono::nanoseconds steady() const { return clock_.steady(); }

  // How far the system's clock is ahead of this one.
  Millis drift() const { return clock_.now() - now(); }

 private:
  ports::Clock& clock_;
  Timestamp utc_;
  std::chrono::nanoseconds steady_;
};

}  // namespace skald::runtime
