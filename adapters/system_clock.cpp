#include "adapters/system_clock.hpp"

namespace skald::adapters {

Timestamp SystemClock::now() {
  return std::chrono::floor<Millis>(std::chrono::system_clock::now());
}

std::chrono::nanoseconds SystemClock::steady() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

}  // namespace skald::adapters
