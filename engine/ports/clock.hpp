// Time, as the engine gets it. Any thread.
#pragma once

#include <chrono>

#include "engine/base/time.hpp"

namespace skald::ports {

class Clock {
 public:
  virtual ~Clock() = default;

  // UTC; may jump. Persisted times.
  virtual Timestamp now() = 0;

  // Never goes back, its zero means nothing. Delays and deadlines inside the process.
  virtual std::chrono::nanoseconds steady() = 0;
};

}  // namespace skald::ports
