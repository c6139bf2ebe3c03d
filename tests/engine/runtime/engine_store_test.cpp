// What the engine makes of each verdict of the store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using ports::Verdict;
using testing::ElementsAre;
using namespace std::chrono_literals;

// Everything runs but ship, which does not answer.
ExecutionId start_up_to_ship(RuntimeBench& bench) {
  bench.script.set_rule([](const auto& call) -> std::optional<saga::Answer> {
    if (call.step == "ship" && call.action == saga::Action::kExecute) return std::nullopt;
    return done();
  });
  return bench.start()->id;
}

void answer_everything(RuntimeBench& bench) {
  bench.script.set_rule([](const auto&) { return done(); });
}

TEST(EngineStore, RefusesAStartThatIsNotTaken) {
  RuntimeBench bench;
  bench.store.fail_next(Verdict::kRejected);
  const auto started = bench.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, "store.unavailable");
  EXPECT_EQ(bench.in_memory(), 0u);
  EXPECT_TRUE(bench.start().has_value());
}

TEST(EngineStore, KeepsAnAnswerUntilItIsTaken) {
  RuntimeBench bench;
  const auto id = start_up_to_ship(bench);
  for (int i = 0; i < 5; ++i) bench.store.fail_next(Verdict::kRejected);
  answer_everything(bench);
  bench.settle();
  EXPECT_EQ(bench.view(id)->phase, saga::Phase::kRunning);
  bench.advance(10s);
  EXPECT_EQ(bench.view(id)->outcome, saga::Outcome::kCompleted);
  EXPECT_THAT(bench.script.steps(), ElementsAre("charge", "reserve", "ship"));
}

TEST(EngineStore, RefusesACommandThatIsNotTaken) {
  RuntimeBench bench;
  const auto id = start_up_to_ship(bench);
  bench.store.fail_next(Verdict::kRejected);
  const saga::Input suspend{.actor = "ann", .what = saga::SuspendExecution{}};
  EXPECT_EQ(bench.command(id, suspend).error().code, "store.unavailable");
  EXPECT_FALSE(bench.view(id)->suspended);
  EXPECT_TRUE((*bench.command(id, suspend))->suspended);
}

TEST(EngineStore, LooksAgainWhenAnAppendIsUnknown) {
  for (const bool written : {false, true}) {
    RuntimeBench bench;
    const auto id = start_up_to_ship(bench);
    bench.store.fail_next(Verdict::kUnknown, written);
    answer_everything(bench);
    EXPECT_EQ(bench.run_to_end(id).outcome, saga::Outcome::kCompleted);
    // Unwritten, the answer is lost and the call is repeated under its key.
    EXPECT_EQ(bench.script.calls().size(), written ? 3u : 4u);
    EXPECT_EQ(bench.in_memory(), 0u);
    EXPECT_EQ(bench.telemetry.active["running"], 0);
  }
}

TEST(EngineStore, SendsWhatAnUnknownAppendIntended) {
  RuntimeBench bench;
  bench.script.set_rule([](const auto& call) -> std::optional<saga::Answer> {
    if (call.step == "charge" && call.attempt == 1) return std::nullopt;
    return done();
  });
  const auto id = bench.start()->id;
  // The completion of charge and the start of reserve are written, but the engine is not told.
  bench.store.fail_next(Verdict::kUnknown, true);
  answer_everything(bench);
  EXPECT_EQ(bench.run_to_end(id).outcome, saga::Outcome::kCompleted);
  EXPECT_THAT(bench.script.steps(), ElementsAre("charge", "reserve", "ship"));
}

TEST(EngineStore, AnswersAnUnknownStartByWhatIsThere) {
  for (const bool written : {false, true}) {
    RuntimeBench bench;
    bench.store.fail_next(Verdict::kUnknown, written);
    const auto started = bench.start();
    EXPECT_EQ(started.has_value(), written);
    if (written) {
      EXPECT_EQ(bench.run_to_end(started->id).outcome, saga::Outcome::kCompleted);
      EXPECT_EQ(bench.telemetry.active["running"], 0);
    } else {
      EXPECT_EQ(started.error().code, "store.unavailable");
      EXPECT_EQ(bench.in_memory(), 0u);
    }
  }
}

TEST(EngineStore, GoesOnAfterAConflict) {
  RuntimeBench bench;
  const auto id = start_up_to_ship(bench);
  bench.store.fail_next(Verdict::kConflict);
  EXPECT_TRUE((*bench.command(id, {.actor = "ann", .what = saga::SuspendExecution{}}))->suspended);
  EXPECT_TRUE(bench.command(id, {.actor = "ann", .what = saga::ResumeExecution{}}).has_value());
  answer_everything(bench);
  EXPECT_EQ(bench.run_to_end(id).outcome, saga::Outcome::kCompleted);
}

TEST(EngineStore, DropsWhatAnotherNodeOwns) {
  RuntimeBench bench;
  const auto id = start_up_to_ship(bench);
  bench.store.fail_next(Verdict::kFenced);
  EXPECT_FALSE(bench.command(id, {.actor = "ann", .what = saga::SuspendExecution{}}).has_value());
  EXPECT_EQ(bench.in_memory(), 0u);
}

}  // namespace
}  // namespace skald::test
