// The machine's clocks behind the port. Any thread; no state.
#pragma once

#include "engine/ports/clock.hpp"

namespace skald::adapters {

class SystemClock final : public ports::Clock {
 public:
  Timestamp now() override;
  std::chrono::nanoseconds steady() override;
};

}  // namespace skald::adapters
