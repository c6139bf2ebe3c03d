// One run: a world, its nodes and its troubles, all from one seed, until everything has ended or is parked.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/faults.hpp"

namespace skald::simulation {

struct RunOptions {
  std::uint64_t seed = 1;
  bool prints = false;  // the schedule, as it happens
  // A calm world instead of the troubles that the seed brings, with this one in it.
  std::optional<CrashPoint> crash = {};
  std::optional<std::string> workflow = {};  // in the place of the random one that the seed draws
  std::vector<Fault> without = {};           // these do not happen
};

struct RunReport {
  std::vector<std::string> problems;
  std::map<std::string, std::uint64_t> counts;  // what happened how often: outcomes, faults, calls
  std::uint64_t fingerprint = 0;                // the same for the same seed
  std::size_t appends = 0;
};

RunReport run_simulation(const RunOptions& options);

// The arguments of the program that repeat a run; its `workflow` is left out.
std::string to_arguments(const RunOptions& options);
// Says which run it was, should the engine end the process in the middle of one.
void tell_run_at_abort();

// Of all runs of a series.
void add_counts(std::map<std::string, std::uint64_t>& sum, const RunReport& report);
std::string to_text(const std::map<std::string, std::uint64_t>& counts);

}  // namespace skald::simulation
