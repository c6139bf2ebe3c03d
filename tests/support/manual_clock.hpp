// A clock that stands still until a test moves it. Any thread.
#pragma once

#include <atomic>
#include <chrono>

#include "engine/ports/clock.hpp"

namespace skald::test {

class ManualClock final : public ports::Clock {
 public:
  explicit ManualClock(Timestamp start = from_millis(1'800'000'000'000)) : utc_(start.time_since_epoch()) {}

  Timestamp now() override { return Timestamp(std::chrono::duration_cast<Millis>(utc_.load())); }
  std::chrono::nanoseconds steady() override { return steady_.load(); }

  void advance(std::chrono::nanoseconds by) {
    utc_ = utc_.load() + by;
    steady_ = steady_.load() + by;
  }
  // The system's clock alone is stepped.
  void step_utc(std::chrono::nanoseconds by) { utc_ = utc_.load() + by; }

 private:
  std::atomic<std::chrono::nanoseconds> utc_;
  std::atomic<std::chrono::nanoseconds> steady_{std::chrono::hours(1)};
};

}  // namespace skald::test
