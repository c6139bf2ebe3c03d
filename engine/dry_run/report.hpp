// What a dry run found: every schedule with its ending, the findings with an example each, the extremes, and what was
// not tried. Plain data; report_text.hpp and report_json.hpp write it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/dry_run/run.hpp"
#include "engine/dry_run/schedules.hpp"
#include "engine/dry_run/verdict.hpp"

namespace skald::dry_run {

// A run as a report keeps it.
struct Tried {
  Candidate candidate;
  Ending ending = Ending::kUnfinished;
  bool was_refused = false;  // a cancellation, by a pivot
  bool has_errors = false;
  std::size_t calls = 0;
  Millis duration{0};
};

struct Reported {
  Finding finding;
  std::size_t schedules = 0;  // in so many
  Run example;                // the plainest of them, without its state
};

// Executions that wait for an operator.
struct Parked {
  std::string step;      // static path; empty: the whole execution
  std::string incident;  // "undo-failed", ...
  std::size_t schedules = 0;
  Schedule example;
};

// How many schedules with so many troubles there are behind those that were tried, and how many of them were.
struct Level {
  std::size_t found = 0;
  std::size_t tried = 0;
};

struct Report {
  std::string workflow;  // "shop/checkout 1.0.0"
  std::vector<std::string> assumptions;
  std::vector<std::string> accepted;  // effects that may stand, in sentences
  std::uint64_t seed = 0;
  std::vector<std::string> calls;  // static paths, in the order in which they were first met
  std::vector<Tried> tried;        // the first is the run in which nothing goes wrong
  std::vector<Level> levels;       // with one trouble, two, three
  std::vector<Reported> findings;  // errors first
  std::vector<Parked> parked;
  std::vector<std::string> not_tried;  // in sentences
};

// The ending with the fewest calls, the most, the one that takes longest. Indices into `tried`.
struct Extremes {
  std::size_t fewest_calls = 0;
  std::size_t most_calls = 0;
  std::size_t longest = 0;
};
Extremes extremes_of(const Report& report);

bool has_errors(const Report& report);

}  // namespace skald::dry_run
