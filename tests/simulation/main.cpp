// The simulation on demand: a long series of seeds, or one seed with its schedule.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>

#include "tests/simulation/simulation.hpp"

namespace {

using namespace skald::simulation;

void tell_failure(const RunReport& report, std::uint64_t seed) {
  run_simulation({.seed = seed, .prints = true});
  for (const auto& problem : report.problems) fmt::print("PROBLEM: {}\n", problem);
  fmt::print("repeat it with: simulation --seed {} --print\n", seed);
}

int run_series(std::uint64_t from, std::uint64_t seeds) {
  std::map<std::string, std::uint64_t> counts;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
    const auto report = run_simulation({.seed = seed});
    if (!report.problems.empty()) {
      tell_failure(report, seed);
      return EXIT_FAILURE;
    }
    add_counts(counts, report);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  fmt::print("{} seeds from {} hold, {:.0f} a second\n{}", seeds, from, static_cast<double>(seeds) / took.count(),
             to_text(counts));
  return EXIT_SUCCESS;
}

int run_one(std::uint64_t seed, bool prints) {
  const auto report = run_simulation({.seed = seed, .prints = prints});
  for (const auto& problem : report.problems) fmt::print("PROBLEM: {}\n", problem);
  fmt::print("seed {} {}\n{}", seed, report.problems.empty() ? "holds" : "fails", to_text(report.counts));
  return report.problems.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs Skald's engine in a simulated world, each seed another one.");
  std::uint64_t seeds = 10'000;
  std::uint64_t from = 1;
  std::uint64_t seed = 0;
  bool prints = false;
  app.add_option("--seeds", seeds, "how many seeds");
  app.add_option("--from", from, "the first one");
  auto* one = app.add_option("--seed", seed, "this one alone");
  app.add_flag("--print", prints, "with --seed: its schedule")->needs(one);
  CLI11_PARSE(app, argc, argv);
  return *one ? run_one(seed, prints) : run_series(from, seeds);
}
