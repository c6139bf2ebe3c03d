// One run: a world, its nodes and its troubles, all from one seed, until everything has ended or is parked.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/faults.hpp"

namespace skald::simulation {

struct RunOptions {
  std::uint64_t seed = 1;
  bool prints = false;  // the schedule, as it happens
};

struct RunReport {
  std::vector<std::string> problems;
  std::map<std::string, std::uint64_t> counts;  // what happened how often: outcomes, faults, calls
  std::uint64_t fingerprint = 0;                // the same for the same seed
};

RunReport run_simulation(const RunOptions& options);

// Of all runs of a series.
void add_counts(std::map<std::string, std::uint64_t>& sum, const RunReport& report);
std::string to_text(const std::map<std::string, std::uint64_t>& counts);

}  // namespace skald::simulation
