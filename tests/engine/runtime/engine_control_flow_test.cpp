// Steps that branch, repeat and run beside each other, in a whole engine: limits, waits, replays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const char* const kEndless = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - charge: { call: payments.charge, with: {}, compensate: { call: payments.refund, with: { orderId: o1 } } }
  - one: { set: { n: 1 }, then: two }
  - two: { set: { n: 2 }, onError: continue, then: one }
)";

TEST(EngineControlFlow, AnEndlessFlowReachesItsLimitAndIsUndone) {
  RuntimeBench bench({}, kEndless);
  const auto id = bench.start()->id;
  const auto state = bench.run_to_end(id);
  EXPECT_EQ(state.outcome, saga::Outcome::kCompensated);
  EXPECT_GT(state.position, 50'000u);
  EXPECT_LT(state.position, 50'010u);
  EXPECT_THAT(dump_json(state.error.json()), HasSubstr("The history has reached its limit of 50000 events"));
  EXPECT_THAT(bench.script.steps(), ElementsAre("charge", "charge/compensate"));
}

TEST(EngineControlFlow, AnEndlessFlowLetsOthersHaveTheirTurn) {
  RuntimeBench bench({}, kEndless);
  bench.script.set_rule([](const auto&) { return done(); });
  const char* const version = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.1.0' }
do: [ { charge: { call: payments.charge, with: {} } } ]
)";
  ASSERT_TRUE(bench.definitions().add(version, "api", runtime::Replace::kNo, true)->registered.has_value());
  std::optional<saga::State> endless, other;
  auto command = RuntimeBench::order();
  command.version = "1.0.0";
  ExecutionId first{};
  bench.engine().start(command, [&](auto started) { first = started->id; });
  while (first == ExecutionId{}) ASSERT_TRUE(bench.step());
  // It has begun to go round; the other one is over long before it.
  for (int i = 0; i < 20; ++i) bench.step();
  command.version = "1.1.0";
  std::optional<ExecutionId> second;
  bench.engine().start(command, [&](auto started) { second = started->id; });
  int rounds = 0;
  while (!second || bench.state_in_store(*second).outcome != saga::Outcome::kCompleted) {
    ASSERT_TRUE(bench.step());
    ++rounds;
  }
  EXPECT_LT(rounds, 50);
  EXPECT_FALSE(bench.state_in_store(first).outcome.has_value());
}

TEST(EngineControlFlow, GoesOnAfterACrashInTheMiddleOfALongTurn) {
  RuntimeBench bench({}, kEndless);
  ExecutionId id{};
  bench.engine().start(RuntimeBench::order(), [&](auto started) { id = started->id; });
  while (id == ExecutionId{} || bench.state_in_store(id).position < 600) ASSERT_TRUE(bench.step());
  EXPECT_LT(bench.state_in_store(id).position, 5'000u);
  bench.kill_process();
  bench.start_process();
  EXPECT_EQ(bench.run_to_end(id).outcome, saga::Outcome::kCompensated);
}

TEST(EngineControlFlow, WhatWasCutShortAndFailsInTheSameTurnHasEnded) {
  RuntimeBench bench({}, R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - both:
      fork:
        branches:
          - long: { do: [ { rest: { wait: PT2S } }, { loop: { for: { in: '[range(700)]' }, do: [ { a: { set: { b: 1 } } } ] } } ] }
          - short: { timeout: { after: PT2S }, do: [ { rest: { wait: PT1H } } ] }
)");
  const auto state = bench.run_to_end(bench.start()->id);
  EXPECT_EQ(state.outcome, saga::Outcome::kFaulted);
  EXPECT_FALSE(state.turn_ended);
  EXPECT_LT(state.position, 600u);
}

TEST(EngineControlFlow, ThousandsOfStepsAreUndone) {
  RuntimeBench bench({}, R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - loop:
      for: { in: '[range(2000)]' }
      do: [ { reserve: { call: stock.reserve, with: {}, compensate: { call: stock.release, with: {} } } } ]
  - no: { raise: { error: { type: 'https://example.org/no', status: 409 } } }
)");
  const auto state = bench.run_to_end(bench.start()->id);
  EXPECT_EQ(state.outcome, saga::Outcome::kCompensated);
  EXPECT_EQ(bench.script.calls().size(), 4'000u);
}

TEST(EngineControlFlow, ALoopHasAMostOfIterations) {
  RuntimeBench bench({}, R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do: [ { loop: { for: { in: '[range(10001)]' }, do: [ { a: { set: { b: 1 } } } ] } } ]
)");
  const auto state = bench.run_to_end(bench.start()->id);
  EXPECT_EQ(state.outcome, saga::Outcome::kFaulted);
  EXPECT_THAT(dump_json(state.error.json()), HasSubstr("10001 items; a loop has at most 10000 iterations"));
}

const char* const kBeside = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - both:
      fork:
        branches:
          - pay: { call: payments.charge, with: {} }
          - pause: { do: [ { rest: { wait: PT10M } }, { reserve: { call: stock.reserve, with: {} } } ] }
  - ship: { call: shipping.ship, with: {} }
)";

TEST(EngineControlFlow, BranchesRunAtOnceAndAWaitAloneIsWaiting) {
  RuntimeBench bench({.passivate_after = std::chrono::seconds(1)}, kBeside);
  bench.script.set_rule([](const auto& call) {
    return call.step == "both.pay" && call.attempt == 1 ? std::nullopt : std::optional(done());
  });
  const auto id = bench.start()->id;
  EXPECT_EQ(bench.view(id)->phase, saga::Phase::kRunning);
  bench.kill_process();
  bench.start_process();
  bench.advance(std::chrono::seconds(5));
  // The call was repeated and answered; what is left is the wait, and nothing of it is in memory.
  EXPECT_EQ(bench.row(id).phase, "waiting");
  EXPECT_EQ(bench.in_memory(), 0u);
  EXPECT_EQ(bench.run_to_end(id).outcome, saga::Outcome::kCompleted);
  EXPECT_THAT(bench.script.steps(), ElementsAre("both.pay", "both.pay", "both.pause.reserve", "ship"));
}

runtime::ReplayCommand from(const ExecutionId& id, std::string place) {
  return {.original = id, .from = std::move(place), .reason = "fixed", .actor = "ann"};
}

const char* const kLoop = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - loop:
      for: { in: '["a", "b", "c"]' }
      do:
        - reserve: { call: stock.reserve, with: { sku: '${ $item }' } }
        - charge: { call: payments.charge, with: { sku: '${ $item }', of: '${ $steps.reserve.output }' } }
)";

TEST(EngineControlFlow, AReplayGoesOnInTheIterationThatFailed) {
  RuntimeBench bench({}, kLoop);
  bench.script.set_rule([](const auto& call) { return call.key.ends_with("charge#2") ? refused() : done(); });
  const auto original = bench.start()->id;
  ASSERT_EQ(bench.view(original)->outcome, saga::Outcome::kFaulted);
  bench.script.set_rule([](const auto&) { return done(); });
  const auto calls = bench.script.calls().size();
  const auto replay = bench.replay(from(original, "failed"));
  ASSERT_TRUE(replay.has_value()) << to_text(replay.error());
  const auto state = bench.run_to_end(replay->id);
  EXPECT_EQ(state.outcome, saga::Outcome::kCompleted);
  std::vector<std::string> made;
  for (std::size_t i = calls; i < bench.script.calls().size(); ++i) {
    made.push_back(bench.script.calls()[i].step + " " + bench.script.calls()[i].request->body);
  }
  EXPECT_THAT(made,
              ElementsAre(HasSubstr(R"(charge#2 {"of":)"), R"(loop.reserve#3 {"sku":"c"})", HasSubstr("charge#3")));
  EXPECT_EQ(find_step(state, "loop.reserve#2")->origin, original);
}

const char* const kTried = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - attempt:
      try: [ { charge: { call: payments.charge, with: {} } } ]
      catch: { as: problem, do: [ { other: { call: stock.reserve, with: { why: '${ $problem.status }' } } } ] }
  - race:
      fork:
        compete: true
        branches:
          - fast: { set: { a: 1 } }
          - slow: { call: payments.charge, with: {} }
  - both:
      fork:
        branches:
          - left: { call: stock.reserve, with: {} }
          - right: { call: shipping.ship, with: {} }
)";

TEST(EngineControlFlow, AReplayTakesOverWhatWasCaughtAndBeginsAForkAnew) {
  RuntimeBench bench({}, kTried);
  bench.script.set_rule(
      [](const auto& call) { return call.step == "attempt.charge" || call.step == "both.right" ? refused() : done(); });
  const auto original = bench.start()->id;
  ASSERT_EQ(bench.view(original)->outcome, saga::Outcome::kFaulted);
  bench.script.set_rule([](const auto&) { return done(); });
  const auto inside = bench.replay(from(original, "attempt.other"));
  EXPECT_EQ(inside.error().code, "replay.unknown_step");
  EXPECT_THAT(inside.error().message, HasSubstr("cannot begin at 'attempt.other', inside a step"));
  // A branch of it stands.
  EXPECT_THAT(bench.replay(from(original, "failed")).error().message, HasSubstr("stand: both.left"));
  auto accepting = from(original, "failed");
  accepting.accept_standing = true;
  const auto calls = bench.script.calls().size();
  const auto replay = bench.replay(accepting);
  ASSERT_TRUE(replay.has_value()) << to_text(replay.error());
  const auto state = bench.run_to_end(replay->id);
  EXPECT_EQ(state.outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(bench.script.calls().size(), calls + 2);
  EXPECT_EQ(find_step(state, "attempt.other")->origin, original);
  EXPECT_EQ(find_step(state, "attempt")->status, saga::StepStatus::kCompleted);
}

}  // namespace
}  // namespace skald::test
