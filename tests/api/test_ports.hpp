// Ports that the API's tests plug in.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "engine/ports/clock.hpp"
#include "engine/ports/entropy.hpp"
#include "engine/ports/log.hpp"

namespace skald::test {

// Begins at a fixed time and goes on by a millisecond at each look.
class SteppingClock final : public ports::Clock {
 public:
  Timestamp now() override { return from_millis(1'790'000'000'000 + steps_++); }
  std::chrono::nanoseconds steady() override { return std::chrono::milliseconds(steps_++); }

 private:
  std::atomic<std::int64_t> steps_ = 0;
};

// 1, 2, 3, ...
class CountingEntropy final : public ports::Entropy {
 public:
  std::uint64_t next() override { return ++count_; }

 private:
  std::atomic<std::uint64_t> count_ = 0;
};

// Keeps every line as "message name=value ...".
class RecordingLog final : public ports::Log {
 public:
  void write(ports::LogLevel, std::string_view message, std::initializer_list<Field> fields) override {
    std::string line(message);
    for (const auto& [name, value] : fields) line.append(" ").append(name).append("=").append(value);
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace skald::test
