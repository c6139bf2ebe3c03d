// The simulation on demand: a long series of seeds, or one seed with its schedule.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>

#include "tests/simulation/simulation.hpp"

namespace {

using namespace skald::simulation;

void tell_failure(const RunReport& report, RunOptions options) {
  options.prints = true;
  run_simulation(options);
  for (const auto& problem : report.problems) fmt::print("PROBLEM: {}\n", problem);
  fmt::print("repeat it with: simulation {} --print\n", to_arguments(options));
}

int run_series(std::uint64_t from, std::uint64_t seeds) {
  std::map<std::string, std::uint64_t> counts;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
    const auto report = run_simulation({.seed = seed});
    if (!report.problems.empty()) {
      tell_failure(report, {.seed = seed});
      return EXIT_FAILURE;
    }
    add_counts(counts, report);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  fmt::print("{} seeds from {} hold, {:.0f} a second\n{}", seeds, from, static_cast<double>(seeds) / took.count(),
             to_text(counts));
  return EXIT_SUCCESS;
}

int run_one(const RunOptions& options) {
  const auto report = run_simulation(options);
  for (const auto& problem : report.problems) fmt::print("PROBLEM: {}\n", problem);
  fmt::print("seed {} {}\n{}", options.seed, report.problems.empty() ? "holds" : "fails", to_text(report.counts));
  return report.problems.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs Skald's engine in a simulated world, each seed another one.");
  std::uint64_t seeds = 10'000;
  std::uint64_t from = 1;
  RunOptions run;
  CrashPoint crash;
  app.add_option("--seeds", seeds, "how many seeds");
  app.add_option("--from", from, "the first one");
  auto* one = app.add_option("--seed", run.seed, "this one alone");
  app.add_flag("--print", run.prints, "with --seed: its schedule")->needs(one);
  auto* at =
      app.add_option("--crash-at", crash.append, "with --seed: in a calm world, death at this append")->needs(one);
  app.add_flag("--written", crash.written, "with --crash-at: the append is written")->needs(at);
  CLI11_PARSE(app, argc, argv);
  if (*at) run.crash = crash;
  tell_run_at_abort();
  return *one ? run_one(run) : run_series(from, seeds);
}
