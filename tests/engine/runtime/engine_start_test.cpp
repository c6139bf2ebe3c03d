// Starting executions, and the way through to their end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;

TEST(EngineStart, RunsToTheEnd) {
  RuntimeBench bench;
  const auto started = bench.start();
  ASSERT_TRUE(started.has_value());
  EXPECT_FALSE(started->existing);
  const auto state = bench.run_to_end(started->id);
  EXPECT_EQ(state.outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(state.status, "COMPLETED");
  EXPECT_THAT(bench.script.steps(), ElementsAre("charge", "reserve", "ship"));
  EXPECT_EQ(bench.script.calls()[0].key, to_string(started->id) + "/charge");
  EXPECT_EQ(bench.script.calls()[0].workflow, "shop/checkout:1.0.0");
  const auto row = bench.row(started->id);
  EXPECT_EQ(row.phase, "completed");
  EXPECT_EQ(row.outcome, "completed");
  EXPECT_FALSE(row.wake_at.has_value());
  EXPECT_EQ(bench.in_memory(), 0u);
  EXPECT_EQ(bench.telemetry.started, 1);
  EXPECT_EQ(bench.telemetry.finished["completed"], 1);
  EXPECT_EQ(bench.telemetry.active["running"], 0);
  EXPECT_EQ(bench.telemetry.attempts["ship execute done"], 1);
}

TEST(EngineStart, SendsNothingBeforeTheStartIsDurable) {
  RuntimeBench bench;
  bool answered = false;
  bench.engine().start(RuntimeBench::order(), [&](auto started) { answered = started.has_value(); });
  while (bench.step(false)) {
  }
  EXPECT_FALSE(answered);
  EXPECT_THAT(bench.script.steps(), ElementsAre());
  EXPECT_EQ(bench.store.queued(), 1u);
  bench.settle();
  EXPECT_TRUE(answered);
}

TEST(EngineStart, UndoesInReverseWhatARefusalLeaves) {
  RuntimeBench bench;
  bench.script.set_rule([](const auto& call) { return call.step == "ship" ? refused() : done(); });
  const auto state = bench.run_to_end(bench.start()->id);
  EXPECT_EQ(state.outcome, saga::Outcome::kCompensated);
  EXPECT_EQ(state.status, "CANCELLED");
  EXPECT_THAT(bench.script.steps(),
              ElementsAre("charge", "reserve", "ship", "reserve/compensate", "charge/compensate"));
  EXPECT_EQ(bench.telemetry.attempts["charge compensate done"], 1);
}

TEST(EngineStart, AnswersARepeatedKeyWithTheFirstExecution) {
  RuntimeBench bench;
  const auto first = bench.start(RuntimeBench::order("k1"));
  const auto second = bench.start(RuntimeBench::order("k1"));
  ASSERT_TRUE(second.has_value());
  EXPECT_TRUE(second->existing);
  EXPECT_EQ(second->id, first->id);
  EXPECT_EQ(second->state->outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(bench.script.calls().size(), 3u);
}

TEST(EngineStart, RefusesAKeyWithAnotherBody) {
  RuntimeBench bench;
  ASSERT_TRUE(bench.start(RuntimeBench::order("k1")).has_value());
  const auto second = bench.start(RuntimeBench::order("k1", R"({"orderId":"o2"})"));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, "idempotency.mismatch");
}

TEST(EngineStart, NamesWhatIsWrongWithTheInput) {
  RuntimeBench bench;
  const auto started = bench.start(RuntimeBench::order({}, "{}"));
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, "input.invalid");
  EXPECT_THAT(started.error().detail, testing::HasSubstr("orderId"));
}

TEST(EngineStart, RefusesWhatItDoesNotKnow) {
  RuntimeBench bench;
  auto order = RuntimeBench::order();
  order.version = "9.9.9";
  EXPECT_EQ(bench.start(order).error().code, "workflow.unknown_version");
  order.workflow = "chekout";
  EXPECT_EQ(bench.start(order).error().code, "workflow.unknown");
}

TEST(EngineStart, RefusesWhenTooMuchIsUnderWay) {
  RuntimeBench bench({.active_max = 2});
  bench.script.set_rule([](const auto&) { return std::nullopt; });
  ASSERT_TRUE(bench.start().has_value());
  ASSERT_TRUE(bench.start().has_value());
  EXPECT_EQ(bench.start().error().code, "engine.overloaded");
}

TEST(EngineStart, RunsManyAtOnce) {
  RuntimeBench bench;
  std::vector<ExecutionId> ids;
  for (int i = 0; i < 500; ++i) {
    bench.engine().start(RuntimeBench::order(), [&](auto started) { ids.push_back(started->id); });
  }
  bench.settle();
  ASSERT_EQ(ids.size(), 500u);
  EXPECT_EQ(bench.telemetry.finished["completed"], 500);
  EXPECT_EQ(bench.in_memory(), 0u);
}

TEST(EngineStart, AnswersWhoWaitsForTheEnd) {
  RuntimeBench bench;
  bench.script.set_rule([](const auto& call) -> std::optional<saga::Answer> {
    if (call.step == "ship") return std::nullopt;
    return done();
  });
  const auto id = bench.start()->id;
  std::vector<saga::Phase> seen;
  const auto note = [&](Result<runtime::Snapshot> state) { seen.push_back((*state)->phase); };
  bench.engine().when_settled(id, std::chrono::seconds(2), note);
  bench.engine().when_settled(id, std::chrono::seconds(60), note);
  bench.advance(std::chrono::seconds(3));
  EXPECT_THAT(seen, ElementsAre(saga::Phase::kRunning));
  bench.script.set_rule([](const auto&) { return done(); });
  bench.settle();
  EXPECT_THAT(seen, ElementsAre(saga::Phase::kRunning, saga::Phase::kCompleted));
  bench.engine().when_settled(id, std::chrono::seconds(1), note);
  bench.settle();
  EXPECT_EQ(seen.size(), 3u);
}

TEST(EngineStart, ACancelDoesNotWaitForACallThatHasNotLeft) {
  RuntimeBench bench;
  bench.script.set_queueing(true);
  bench.script.set_rule([](const auto& call) -> std::optional<saga::Answer> {
    if (call.step == "ship") return std::nullopt;
    return done();
  });
  const auto id = bench.start()->id;
  ASSERT_TRUE(bench.command(id, {.actor = "ann", .what = saga::CancelExecution{.reason = "test"}}).has_value());
  EXPECT_EQ(bench.view(id)->outcome, saga::Outcome::kCancelled);
  EXPECT_EQ(bench.script.steps().back(), "charge/compensate");
  EXPECT_EQ(bench.in_memory(), 0u);
}

TEST(EngineStart, ACancelWaitsForACallInFlight) {
  RuntimeBench bench;
  bench.script.set_rule([](const auto& call) -> std::optional<saga::Answer> {
    if (call.step == "ship") return std::nullopt;
    return done();
  });
  const auto id = bench.start()->id;
  ASSERT_TRUE(bench.command(id, {.actor = "ann", .what = saga::CancelExecution{.reason = "test"}}).has_value());
  EXPECT_EQ(bench.view(id)->phase, saga::Phase::kRunning);
  bench.script.set_rule([](const auto&) { return done(); });
  EXPECT_TRUE(saga::is_terminal(bench.run_to_end(id).phase));
}

}  // namespace
}  // namespace skald::test
