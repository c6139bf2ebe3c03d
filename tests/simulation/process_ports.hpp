// The small ports of a simulated process: the world's clock, an alarm in virtual time, a log that the oracle reads.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "engine/ports/clock.hpp"
#include "engine/ports/log.hpp"
#include "engine/runtime/alarm.hpp"
#include "engine/runtime/loops.hpp"
#include "tests/simulation/oracle.hpp"
#include "tests/simulation/world.hpp"

namespace skald::simulation {

// Its UTC is that of its machine: not quite that of other processes, and stepped now and then.
class WorldClock final : public ports::Clock {
 public:
  WorldClock(World& world, const Millis& ahead) : world_(world), ahead_(ahead) {}
  Timestamp now() override { return world_.utc() + ahead_; }
  Nanos steady() override { return 1h + world_.now(); }

 private:
  World& world_;
  const Millis& ahead_;  // of the world's
};

class SimulatedAlarm final : public runtime::Alarm {
 public:
  SimulatedAlarm(World& world, LifePtr life, runtime::Loop& loop, Ring ring)
      : world_(world), life_(std::move(life)), loop_(loop), ring_(std::move(ring)) {}

  void set(Nanos after) override {
    const auto setting = ++setting_;
    // Never early, and as late as a busy loop is.
    world_.after(life_, after + world_.between(Nanos(0), 1ms), [this, setting] {
      if (setting != setting_) return;
      loop_.post([this, setting] {
        if (setting == setting_) ring_();
      });
    });
  }
  void cancel() override { ++setting_; }

 private:
  World& world_;
  LifePtr life_;
  runtime::Loop& loop_;
  Ring ring_;
  std::uint64_t setting_ = 0;
};

class WatchedLog final : public ports::Log {
 public:
  WatchedLog(World& world, Oracle& oracle, const std::string& node) : world_(world), oracle_(oracle), node_(node) {}

  void write(ports::LogLevel level, std::string_view message, std::initializer_list<Field> fields) override {
    if (level != ports::LogLevel::kError && !world_.prints()) return;
    std::string text(message);
    for (const auto& [name, value] : fields) text += fmt::format(" {}={}", name, value);
    world_.note(node_, "logs: {}", text);
    // Nothing that happens here is a reason for the engine to give an execution up.
    const bool expected = message.starts_with("the lease could not be renewed in time") ||
                          message == "an execution waits for an operator";
    if (level == ports::LogLevel::kError && !expected) oracle_.problem(text);
  }

 private:
  World& world_;
  Oracle& oracle_;
  const std::string& node_;
};

}  // namespace skald::simulation
