// Shutting down: what is in flight is awaited, nothing begins, nothing is written as failed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

std::optional<saga::Answer> reserve_is_slow(const ports::ParticipantCall& call) {
  if (call.step == "reserve") return std::nullopt;
  return done();
}

TEST(EngineDrain, IsDoneAtOnceWhenNothingIsUnderWay) {
  RuntimeBench bench;
  ASSERT_TRUE(bench.start().has_value());
  bool drained = false;
  bench.engine().drain(30s, [&] { drained = true; });
  bench.settle();
  EXPECT_TRUE(drained);
  EXPECT_TRUE(bench.engine().health().draining);
}

TEST(EngineDrain, AwaitsTheCallInFlightAndBeginsNoOther) {
  RuntimeBench bench;
  bench.script.set_rule(reserve_is_slow);
  const auto id = bench.start()->id;
  bool drained = false;
  bench.engine().drain(30s, [&] { drained = true; });
  bench.settle();
  EXPECT_FALSE(drained);
  EXPECT_EQ(bench.start().error().code, "engine.draining");
  bench.script.set_rule([](const auto&) { return done(); });
  bench.settle();
  EXPECT_TRUE(drained);
  EXPECT_THAT(bench.script.steps(), ElementsAre("charge", "reserve"));
  const auto state = bench.state_in_store(id);
  EXPECT_EQ(state.phase, saga::Phase::kRunning);
  EXPECT_EQ(find_step(state, "reserve")->status, saga::StepStatus::kCompleted);
  bench.kill_process();
  bench.start_process();
  EXPECT_EQ(bench.run_to_end(id).outcome, saga::Outcome::kCompleted);
}

TEST(EngineDrain, TellsThoseWhoWaitHowFarItCame) {
  RuntimeBench bench;
  bench.script.set_rule(reserve_is_slow);
  const auto id = bench.start()->id;
  std::optional<Result<runtime::Snapshot>> answer;
  bench.engine().when_settled(id, 1h, [&](Result<runtime::Snapshot> state) { answer = std::move(state); });
  bench.settle();
  bench.engine().drain(30s, [] {});
  bench.settle();
  EXPECT_FALSE(answer.has_value());
  bench.script.set_rule([](const auto&) { return done(); });
  bench.settle();
  ASSERT_TRUE(answer.has_value());
  ASSERT_TRUE(answer->has_value());
  EXPECT_EQ((**answer)->phase, saga::Phase::kRunning);
}

TEST(EngineDrain, GivesUpAtItsDeadlineAndTheNextProcessFinishes) {
  RuntimeBench bench;
  bench.script.set_rule(reserve_is_slow);
  const auto id = bench.start()->id;
  bool drained = false;
  bench.engine().drain(5s, [&] { drained = true; });
  bench.advance(4s);
  EXPECT_FALSE(drained);
  bench.advance(2s);
  EXPECT_TRUE(drained);
  EXPECT_EQ(bench.state_in_store(id).phase, saga::Phase::kRunning);
  bench.script.set_rule([](const auto&) { return done(); });
  bench.kill_process();
  bench.start_process();
  EXPECT_EQ(bench.run_to_end(id).outcome, saga::Outcome::kCompleted);
  EXPECT_THAT(bench.script.steps(), ElementsAre("charge", "reserve", "reserve", "ship"));
}

TEST(EngineDrain, WaitsForTheStore) {
  RuntimeBench bench;
  bench.engine().start(RuntimeBench::order(), [](auto) {});
  while (bench.step(false)) {
  }
  bool drained = false;
  bench.engine().drain(1s, [&] { drained = true; });
  bench.clock.advance(10s);
  bench.engine().tick();
  while (bench.step(false)) {
  }
  EXPECT_FALSE(drained);
  bench.settle();
  EXPECT_TRUE(drained);
  EXPECT_THAT(bench.script.steps(), ElementsAre());
}

TEST(EngineDrain, EndsAtItsDeadlineWhereTheStoreRefusesAppends) {
  RuntimeBench bench;
  bench.script.set_rule(reserve_is_slow);
  ASSERT_TRUE(bench.start().has_value());
  for (int i = 0; i < 100; ++i) bench.store.fail_next(ports::Verdict::kRejected);
  bench.script.set_rule([](const auto&) { return done(); });
  bench.advance(1s);
  bool drained = false;
  bench.engine().drain(9s, [&] { drained = true; });
  bench.advance(5s);
  // The deadline comes while an append is on its way.
  for (int i = 0; i < 200 && bench.store.queued() == 0; ++i) {
    bench.clock.advance(10ms);
    bench.engine().tick();
    while (bench.step(false)) {
    }
  }
  ASSERT_EQ(bench.store.queued(), 1u);
  bench.clock.advance(5s);
  bench.engine().tick();
  while (bench.step(false)) {
  }
  EXPECT_FALSE(drained);
  bench.advance(20s);
  EXPECT_TRUE(drained);
}

TEST(EngineDrain, FiresNoTimers) {
  RuntimeBench bench;
  bench.script.set_rule([](const auto& call) -> std::optional<saga::Answer> {
    if (call.key.ends_with("/reserve")) return std::nullopt;
    return call.step == "charge" && call.attempt == 1 ? unknown() : done();
  });
  const auto retrying = bench.start()->id;
  bool drained = false;
  bench.engine().drain(30s, [&] { drained = true; });
  bench.advance(5s);
  EXPECT_TRUE(drained);
  EXPECT_EQ(bench.script.calls().size(), 1u);
  EXPECT_EQ(bench.state_in_store(retrying).phase, saga::Phase::kRunning);
}

}  // namespace
}  // namespace skald::test
