// Random workflows of the saga's property test, of which every call has an undo: no schedule may leave an effect but
// where an undo was passed over, and none may go on for ever.
//
// SKALD_SEED and SKALD_RUNS choose another series.
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/dry_run/explore.hpp"
#include "engine/dry_run/report_text.hpp"
#include "tests/engine/dry_run/try_out.hpp"
#include "tests/engine/saga/random_workflow.hpp"
#include "tests/engine/saga/saga_bench.hpp"

namespace skald::dry_run {
namespace {

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(RandomWorkflows, LeaveNothingBehind) {
  const std::uint64_t first = number_from_environment("SKALD_SEED", 1);
  const std::uint64_t runs = number_from_environment("SKALD_RUNS", 200);
  std::size_t tried = 0;
  std::size_t compensated = 0;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    saga::Random random(seed);
    const std::string yaml = saga::random_workflow(random);
    const auto operations = saga::bench_operations();
    const auto loaded = definition::load(yaml, {.operations = &operations, .is_stored = true});
    ASSERT_TRUE(loaded.ok()) << yaml;
    const auto subject = subject_of(loaded.definition, {.input = {}, .outputs = {}, .operations = operations});
    const auto report = explore(subject, {.seed = seed, .runs_max = 100});
    tried += report.tried.size();
    for (const auto& run : report.tried) compensated += run.ending == Ending::kCompensated ? 1 : 0;
    for (const auto& reported : report.findings) {
      const auto& finding = reported.finding;
      if (finding.severity == Severity::kWarning || finding.message.find("passed over") != std::string::npos) continue;
      FAIL() << "SKALD_SEED=" << seed << "\n"
             << yaml << to_text(report, {.file = "random.yaml", .command = "skald simulate random.yaml"}, false);
    }
  }
  printf("%zu schedules, %zu compensated\n", tried, compensated);
  if (runs >= 200) EXPECT_GT(compensated, 2000u);
}

}  // namespace
}  // namespace skald::dry_run
