// The simulation on demand: a long series of seeds, or one seed with its schedule.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/simulation/shrink.hpp"
#include "tests/simulation/simulation.hpp"

namespace {

using namespace skald::simulation;

void tell_failure(const RunReport& report, RunOptions options) {
  options.prints = true;
  run_simulation(options);
  for (const auto& problem : report.problems) fmt::print("PROBLEM: {}\n", problem);
  fmt::print("repeat it with: simulation {0} --print; make it smaller with: simulation {0} --shrink\n",
             to_arguments(options));
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

int shrink_one(const RunOptions& options) {
  const auto left = shrink(options);
  if (!left) {
    fmt::print("seed {} holds\n", options.seed);
    return EXIT_SUCCESS;
  }
  std::string workflow;
  if (left->workflow) {
    const auto file = fmt::format("seed-{}.yaml", left->seed);
    std::ofstream(file) << *left->workflow;
    fmt::print("{}:\n{}", file, *left->workflow);
    workflow = " --workflow " + file;
  }
  fmt::print("repeat it with: simulation {}{} --print\n", to_arguments(*left), workflow);
  return EXIT_FAILURE;
}

std::optional<Fault> fault_of(const std::string& name) {
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    if (to_string(static_cast<Fault>(i)) == name) return static_cast<Fault>(i);
  }
  return std::nullopt;
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
  bool shrinks = false;
  std::string workflow;
  std::vector<std::string> without;
  app.add_flag("--shrink", shrinks, "with --seed: leave out what its failure does not need")->needs(one);
  app.add_option("--workflow", workflow, "with --seed: a file in the place of its random workflow")
      ->needs(one)
      ->check(CLI::ExistingFile);
  app.add_option("--without", without, "with --seed: a kind of trouble that does not happen")->needs(one);
  CLI11_PARSE(app, argc, argv);
  if (*at) run.crash = crash;
  for (const auto& name : without) {
    const auto fault = fault_of(name);
    if (!fault) return app.exit(CLI::ValidationError("--without", "there is no such trouble: " + name));
    run.without.push_back(*fault);
  }
  if (!workflow.empty()) {
    std::ostringstream text;
    text << std::ifstream(workflow).rdbuf();
    run.workflow = std::move(text).str();
  }
  if (shrinks) return shrink_one(run);
  tell_run_at_abort();
  return *one ? run_one(run) : run_series(from, seeds);
}
