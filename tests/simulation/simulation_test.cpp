// The engine in a simulated world: whatever goes wrong, every saga ends as its outcome says, or is parked with a
// reason.
//
// SKALD_SEED and SKALD_RUNS choose another series.
#include "tests/simulation/simulation.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace skald::simulation {
namespace {

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string joined(const std::vector<std::string>& problems) {
  std::string text;
  for (const auto& problem : problems) text += problem + "\n";
  return text;
}

// Prints the schedule of a seed that fails.
testing::AssertionResult holds(const RunOptions& options, std::map<std::string, std::uint64_t>& counts) {
  const auto report = run_simulation(options);
  add_counts(counts, report);
  if (report.problems.empty()) return testing::AssertionSuccess();
  auto printing = options;
  printing.prints = true;
  run_simulation(printing);
  return testing::AssertionFailure() << joined(report.problems) << "repeat it with: simulation "
                                     << to_arguments(options) << " --print";
}

TEST(Simulation, EverySeedHolds) {
  tell_run_at_abort();
  const auto first = number_from_environment("SKALD_SEED", 1);
  const auto runs = number_from_environment("SKALD_RUNS", 3'000);
  std::map<std::string, std::uint64_t> counts;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) ASSERT_TRUE(holds({.seed = seed}, counts));
  printf("%s", to_text(counts).c_str());
  if (runs < 3'000) return;
  // A series in which too little happens proves nothing.
  for (const auto* what : {"completed",          "compensated",
                           "cancelled",          "AttemptLost",
                           "SettleEnded",        "UndoCompleted",
                           "IncidentRaised",     "crash before append",
                           "crash after append", "unknown, written",
                           "unknown, lost",      "disk full",
                           "request late",       "request twice",
                           "evictions",          "fenced",
                           "clock jump",         "runs of clocks left wrong",
                           "terminated",         "ExecutionReplayed",
                           "StepReused",         "replays passed on",
                           "replays completed"}) {
    EXPECT_GT(counts[what], 100u) << what;
  }
}

// In a calm world: each append there is, lost or written with the process that made it.
TEST(Simulation, HoldsAfterADeathAtEachAppend) {
  tell_run_at_abort();
  const auto seeds = number_from_environment("SKALD_RUNS", 3'000) / 100;
  std::map<std::string, std::uint64_t> counts;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto appends = run_simulation({.seed = seed, .crash = CrashPoint{}}).appends;
    for (std::size_t append = 1; append <= appends; ++append) {
      for (const bool written : {false, true}) {
        ASSERT_TRUE(holds({.seed = seed, .crash = CrashPoint{append, written}}, counts));
      }
    }
  }
  EXPECT_GT(counts["UndoCompleted"], 0u);
  EXPECT_GT(counts["ExecutionReplayed"], 0u);
}

TEST(Simulation, OneSeedIsOneSchedule) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(run_simulation({.seed = seed}).fingerprint, run_simulation({.seed = seed}).fingerprint) << seed;
  }
}

}  // namespace
}  // namespace skald::simulation
