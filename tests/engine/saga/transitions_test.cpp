// Named to run after the transcripts and the property test of the same binary, whose transitions it counts.
#include "engine/saga/transitions.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/engine/saga/saga_bench.hpp"

namespace skald::saga {
namespace {

class TransitionTable : public testing::Environment {
 public:
  void TearDown() override {
    // A filtered run sees only some of them.
    if (testing::GTEST_FLAG(filter) != "*" || testing::Test::HasFailure()) return;
    const auto table = step_transitions();
    for (std::size_t i = 0; i < table.size(); ++i) {
      EXPECT_TRUE(seen_transitions().contains(i))
          << "no test makes the transition '" << table[i].from << "' " << table[i].event << " -> " << table[i].to;
    }
  }
};

const auto* const kTable = testing::AddGlobalTestEnvironment(new TransitionTable);

TEST(Transitions, DrawingInTheDocsIsTheTable) {
  std::ifstream file(SKALD_SOURCE_DIR "/docs/life-of-an-execution.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(step_diagram()), std::string::npos)
      << "docs/life-of-an-execution.md must hold this drawing:\n"
      << step_diagram();
}

}  // namespace
}  // namespace skald::saga
