#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/saga/random_workflow.hpp"
#include "tests/engine/saga/shrink_workflow.hpp"

namespace skald::saga {
namespace {

const char* const kFails = R"(document: { dsl: '1.0.3', namespace: test, name: random, version: '1.0.0' }
timeout: { after: PT40S }
do:
  - s1:
      if: '${ true }'
      set: { n: 1 }
  - s2:
      do:
        - s3:
            wait: PT3S
        - s4:
            timeout: { after: PT4S }
            wait: PT5S
  - s5:
      set: { n: 2 }
)";

TEST(ShrinkWorkflow, LeavesWhatIsNeededToFail) {
  const auto fails = [](const std::string& yaml) { return yaml.contains("wait: PT5S"); };
  EXPECT_EQ(shrink_workflow(kFails, fails),
            R"(document: { dsl: '1.0.3', namespace: test, name: random, version: '1.0.0' }
do:
  - s4:
      wait: PT5S
)");
}

TEST(ShrinkWorkflow, OfRandomOnesOneStepIsLeftWhereEachFails) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    const auto left = shrink_workflow(random_workflow(random), [](const std::string&) { return true; });
    EXPECT_LE(std::ranges::count(left, '\n'), 5) << left;
  }
}

}  // namespace
}  // namespace skald::saga
