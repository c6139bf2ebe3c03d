// A node: the engine as it is, with its loops, timers and recovery, run by the world. It can be killed at any moment
// and started again on the same database; what it had in memory is gone then.
//
// Its loops are polled one handler at a time, as events of the world, so whatever else happens may come in between.
// One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "tests/simulation/clocks.hpp"
#include "tests/simulation/database.hpp"
#include "tests/simulation/faults.hpp"
#include "tests/simulation/oracle.hpp"
#include "tests/simulation/services.hpp"

namespace skald::simulation {

// What the nodes share.
struct Surroundings {
  World& world;
  Faults& faults;
  Database& database;
  Services& services;
  Oracle& oracle;
  Clocks& clocks;
  std::vector<std::string> workflows;  // YAML, as in the workflows folder
  std::optional<Millis> lease = {};    // where several nodes share the database
};

class Node {
 public:
  Node(Surroundings& around, int number);
  ~Node();

  void start();
  // The process ends without a word and comes back after a while.
  void crash(std::string_view why);
  // The process is told to end, and comes back after a while.
  void drain();
  // The process stands still.
  void stall(Nanos for_how_long);

  bool is_up() const { return process_ != nullptr; }
  // Runs work(engine) in the process a moment later, unless it dies before.
  void call(std::move_only_function<void(runtime::Engine&)> work);
  const LifePtr& life() const;
  const std::string& name() const { return name_; }
  std::uint64_t lives() const { return lives_; }

 private:
  struct Process;

  void come_back();
  void trouble();
  void set_clock();
  void step_clock();
  Nanos cut(std::string_view from);

  Surroundings& around_;
  int number_;
  std::string name_;
  std::uint64_t lives_ = 0;
  Millis clock_ahead_{0};
  std::unique_ptr<Process> process_;
};

}  // namespace skald::simulation
