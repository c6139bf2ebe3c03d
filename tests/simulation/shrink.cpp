#include "tests/simulation/shrink.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "tests/engine/saga/shrink_workflow.hpp"
#include "tests/simulation/workflows.hpp"

namespace skald::simulation {
namespace {

// What a run failed of; empty: it held.
std::string fail(const RunOptions& options) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) std::abort();
  const pid_t child = fork();
  if (child == 0) {
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    const auto report = run_simulation(options);
    const auto problem = report.problems.empty() ? std::string() : report.problems.front();
    static_cast<void>(!write(ends[1], problem.data(), problem.size()));
    _exit(0);
  }
  close(ends[1]);
  std::string problem;
  std::array<char, 4096> bytes{};
  for (ssize_t size = 0; (size = read(ends[0], bytes.data(), bytes.size())) > 0;) {
    problem.append(bytes.data(), static_cast<std::size_t>(size));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? problem : fmt::format("the engine ended the process ({})", status);
}

// Ids, numbers and steps are others in each run.
std::string kind_of(const std::string& problem) {
  std::string kind;
  for (const char c : problem) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) kind += c;
  }
  return kind;
}

std::vector<Fault> shrink_faults(const RunOptions& options, const std::string& kind) {
  RunOptions fewer = options;
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (std::ranges::find(fewer.without, fault) != fewer.without.end()) continue;
    fewer.without.push_back(fault);
    if (kind_of(fail(fewer)) != kind) fewer.without.pop_back();
  }
  return fewer.without;
}

}  // namespace

std::optional<RunOptions> shrink(RunOptions options) {
  const auto kind = kind_of(fail(options));
  if (kind.empty()) return std::nullopt;
  options.without = shrink_faults(options, kind);
  World world(options.seed, false);
  const auto drawn = draw_workflows(world);
  const auto random = std::ranges::find(drawn, kRandomName, &Workflow::name);
  if (random == drawn.end()) return options;
  options.workflow = saga::shrink_workflow(random->yaml, [&](const std::string& yaml) {
    RunOptions smaller = options;
    smaller.workflow = yaml;
    return kind_of(fail(smaller)) == kind;
  });
  options.without = shrink_faults(options, kind);
  return options;
}

}  // namespace skald::simulation
