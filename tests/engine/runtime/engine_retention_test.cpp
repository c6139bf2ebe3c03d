// What ended long enough ago is removed; what has not ended is not.
#include <gtest/gtest.h>

#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using namespace std::chrono_literals;

bool is_stored(RuntimeBench& bench, const ExecutionId& id) {
  return bench.store.read_execution(id).has_value();
}

TEST(EngineRetention, RemovesWhatEndedLongAgo) {
  RuntimeBench bench({.retention = 1h});
  const auto first = bench.start(RuntimeBench::order("k"))->id;
  bench.advance(50min, 10s);
  const auto second = bench.start()->id;
  EXPECT_TRUE(is_stored(bench, first));
  bench.advance(20min, 10s);
  EXPECT_FALSE(is_stored(bench, first));
  EXPECT_TRUE(is_stored(bench, second));
  EXPECT_EQ(bench.telemetry.removed, 1u);
  EXPECT_EQ(bench.view(first).error().code, "execution.unknown");
  // The key went with it.
  const auto again = bench.start(RuntimeBench::order("k"));
  EXPECT_FALSE(again->existing);
  bench.advance(2h, 10s);
  EXPECT_EQ(bench.telemetry.removed, 3u);
  EXPECT_TRUE(bench.log.lines.empty());
}

TEST(EngineRetention, RemovesManyInOneRound) {
  RuntimeBench bench({.retention = 1h});
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(bench.start().has_value());
  bench.advance(70min, 10s);
  EXPECT_EQ(bench.telemetry.removed, 1'000u);
}

TEST(EngineRetention, KeepsParkedExecutionsForEver) {
  RuntimeBench bench({.retention = 1h});
  bench.script.set_rule([](const auto& call) {
    return call.action == saga::Action::kExecute && call.step != "ship" ? done() : refused();
  });
  const auto parked = bench.start()->id;
  EXPECT_EQ(bench.run_to_end(parked).phase, saga::Phase::kSuspended);
  bench.advance(100h, 1min);
  ASSERT_TRUE(is_stored(bench, parked));
  EXPECT_EQ(bench.telemetry.removed, 0u);
  bench.script.set_rule([](const auto&) { return done(); });
  ASSERT_TRUE(bench.command(parked, {.actor = "ann", .what = saga::TerminateExecution{.reason = "test"}}));
  bench.advance(50min, 10s);
  EXPECT_TRUE(is_stored(bench, parked));
}

TEST(EngineRetention, CountsFromTheEndAndNotFromTheStart) {
  RuntimeBench bench({.retention = 1h});
  bench.script.set_rule([](const auto& call) { return call.step == "reserve" ? unknown() : done(); });
  const auto id = bench.start()->id;
  ASSERT_TRUE(bench.command(id, {.actor = "ann", .what = saga::SuspendExecution{.reason = "test"}}));
  bench.advance(10h, 1min);
  EXPECT_TRUE(is_stored(bench, id));
  bench.script.set_rule([](const auto&) { return done(); });
  ASSERT_TRUE(bench.command(id, {.actor = "ann", .what = saga::TerminateExecution{.reason = "test"}}));
  bench.advance(59min, 10s);
  EXPECT_TRUE(is_stored(bench, id));
  bench.advance(10min, 10s);
  EXPECT_FALSE(is_stored(bench, id));
}

TEST(EngineRetention, KeepsEverythingWhereItIsOff) {
  RuntimeBench bench;
  const auto id = bench.start()->id;
  bench.advance(24h * 40, 1h);
  EXPECT_TRUE(is_stored(bench, id));
}

TEST(EngineRetention, AReplayOutlivesItsOriginal) {
  RuntimeBench bench({.retention = 1h});
  bench.script.set_rule([](const auto& call) { return call.step == "charge" ? refused() : done(); });
  const auto original = bench.start()->id;
  bench.advance(55min, 10s);
  bench.script.set_rule([](const auto&) { return done(); });
  const auto replay = bench.replay({.original = original, .reason = "again", .actor = "ann"});
  ASSERT_TRUE(replay.has_value()) << to_text(replay.error());
  bench.advance(20min, 10s);
  EXPECT_FALSE(is_stored(bench, original));
  const auto state = bench.view(replay->id);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->replay_of->execution, original);
  EXPECT_EQ(bench.store.read_execution(replay->id)->created.replay_of, original);
}

}  // namespace
}  // namespace skald::test
