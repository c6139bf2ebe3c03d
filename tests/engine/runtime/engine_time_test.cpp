// Delays, passivation, audits, and clocks that jump.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/limits.hpp"
#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using namespace std::chrono_literals;

saga::Answer charge_fails_once(const ports::ParticipantCall& call) {
  return call.step == "charge" && call.attempt == 1 ? unknown() : done();
}

const char* const kPatient = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - charge:
      call: payments.charge
      with: { orderId: '${ $workflow.input.orderId }' }
      retry: { delay: PT10M, limit: { attempt: { count: 3 } } }
)";

TEST(EngineTime, RetriesNeverEarly) {
  RuntimeBench bench;
  bench.script.set_rule(
      [](const auto& call) { return call.step == "charge" && call.attempt < 3 ? unknown() : done(); });
  const auto id = bench.start()->id;
  EXPECT_EQ(bench.script.calls().size(), 1u);
  bench.advance(999ms, 1ms);
  EXPECT_EQ(bench.script.calls().size(), 1u);
  bench.advance(2ms, 1ms);
  EXPECT_EQ(bench.script.calls().size(), 2u);
  EXPECT_EQ(bench.run_to_end(id).outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(bench.script.calls().size(), 5u);
}

TEST(EngineTime, LeavesMemoryWhileNothingIsDue) {
  RuntimeBench bench({}, kPatient);
  bench.script.set_rule(charge_fails_once);
  const auto id = bench.start()->id;
  EXPECT_EQ(bench.in_memory(), 0u);
  EXPECT_EQ(bench.row(id).wake_at, bench.clock.now() + 10min);
  bench.advance(9min + 59s, 1s);
  EXPECT_EQ(bench.script.calls().size(), 1u);
  bench.advance(2s);
  EXPECT_EQ(bench.script.calls().size(), 2u);
  EXPECT_EQ(bench.view(id)->outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(bench.in_memory(), 0u);
}

TEST(EngineTime, ARestartLeavesWhatRestsAlone) {
  RuntimeBench bench({}, kPatient);
  bench.script.set_rule(charge_fails_once);
  const auto id = bench.start()->id;
  EXPECT_TRUE(bench.row(id).resting);
  bench.kill_process();
  bench.store.reads = 0;
  bench.start_process();
  bench.advance(9min, 1s);
  EXPECT_EQ(bench.store.reads, 0u);
  bench.advance(61s, 1s);
  EXPECT_EQ(bench.view(id)->outcome, saga::Outcome::kCompleted);
}

TEST(EngineTime, WhatBecameDueWhileNobodyRanGoesOnAtOnce) {
  RuntimeBench bench({}, kPatient);
  bench.script.set_rule(charge_fails_once);
  const auto id = bench.start()->id;
  bench.kill_process();
  bench.clock.advance(1h);
  bench.start_process();
  bench.advance(1s);
  EXPECT_EQ(bench.view(id)->outcome, saga::Outcome::kCompleted);
}

TEST(EngineTime, AnExecutionRestsOnlyWhileItWaits) {
  RuntimeBench bench({}, kPatient);
  std::optional<saga::Answer> second;
  bench.script.set_rule([&](const auto& call) { return call.attempt == 2 ? second : std::optional(unknown()); });
  const auto id = bench.start()->id;
  EXPECT_TRUE(bench.row(id).resting);
  bench.advance(10min + 2s, 1s);
  EXPECT_FALSE(bench.row(id).resting);
  bench.kill_process();
  bench.start_process();
  bench.advance(2s);
  EXPECT_EQ(bench.telemetry.attempts["charge execute lost"], 1);
}

TEST(EngineTime, ARestartTellsOfParkedExecutionsAgain) {
  RuntimeBench bench;
  bench.script.set_rule([](const auto& call) {
    return call.step == "ship" || call.action == saga::Action::kCompensate ? refused() : done();
  });
  const auto parked = bench.start()->id;
  ASSERT_EQ(bench.view(parked)->phase, saga::Phase::kSuspended);
  EXPECT_FALSE(bench.row(parked).resting);
  bench.kill_process();
  bench.telemetry.standing.clear();
  bench.start_process();
  bench.advance(1s);
  EXPECT_EQ(bench.telemetry.standing[parked], 1u);
  EXPECT_EQ(bench.in_memory(), 0u);
}

TEST(EngineTime, WakesManyAtTheSameMoment) {
  RuntimeBench bench({.active_max = 10'000, .recovery_concurrency = 16}, kPatient);
  bench.script.set_rule(charge_fails_once);
  for (int i = 0; i < 3'000; ++i) bench.engine().start(RuntimeBench::order(), [](auto) {});
  bench.settle();
  EXPECT_EQ(bench.in_memory(), 0u);
  bench.advance(11min, 1s);
  EXPECT_EQ(bench.telemetry.finished["completed"], 3'000);
  EXPECT_EQ(bench.in_memory(), 0u);
}

TEST(EngineTime, LooksAtAParkedExecutionOnceADay) {
  RuntimeBench bench;
  const auto id = [&] {
    bench.script.set_rule([](const auto& call) { return call.step == "ship" ? refused() : refused(404); });
    return bench.start()->id;
  }();
  ASSERT_TRUE(saga::is_terminal(bench.view(id)->phase));
  bench.script.set_rule([](const auto& call) {
    return call.step == "ship" || call.action == saga::Action::kCompensate ? refused() : done();
  });
  const auto parked = bench.start()->id;
  ASSERT_EQ(bench.view(parked)->phase, saga::Phase::kSuspended);
  EXPECT_EQ(bench.row(parked).open_incidents, 1u);
  EXPECT_EQ(bench.in_memory(), 0u);
  const auto first_audit = *bench.row(parked).wake_at;
  EXPECT_LE(first_audit, bench.clock.now() + limits::kAuditInterval);
  bench.advance(limits::kAuditInterval + 10s, 10min);
  EXPECT_GT(*bench.row(parked).wake_at, bench.clock.now());
  EXPECT_EQ(bench.in_memory(), 0u);
}

TEST(EngineTime, AClockSteppedForwardStormsNothing) {
  RuntimeBench bench({}, kPatient);
  bench.script.set_rule(charge_fails_once);
  const auto id = bench.start()->id;
  bench.clock.step_utc(2h);
  bench.advance(9min, 1s);
  EXPECT_EQ(bench.script.calls().size(), 1u);
  EXPECT_TRUE(bench.log.contains("clock was stepped"));
  bench.advance(2min, 1s);
  EXPECT_EQ(bench.view(id)->outcome, saga::Outcome::kCompleted);
}

TEST(EngineTime, AClockSteppedBackLosesNothing) {
  RuntimeBench bench;
  bench.script.set_rule(charge_fails_once);
  const auto id = bench.start()->id;
  bench.clock.step_utc(-24h);
  bench.advance(5s);
  EXPECT_EQ(bench.view(id)->outcome, saga::Outcome::kCompleted);
}

TEST(EngineTime, AnExecutionOutlivesARestartWithAnEarlierClock) {
  RuntimeBench bench;
  bench.script.set_rule(charge_fails_once);
  const auto id = bench.start()->id;
  bench.kill_process();
  bench.clock.step_utc(-24h);
  bench.start_process();
  bench.advance(5s);
  EXPECT_EQ(bench.view(id)->outcome, saga::Outcome::kCompleted);
}

TEST(EngineTime, TheDeadlineOfTheWorkflowUndoesWhatWasDone) {
  RuntimeBench bench;
  bench.script.set_rule([](const auto& call) -> std::optional<saga::Answer> {
    if (call.step == "ship") return unknown();
    return done();
  });
  auto slow = bench.start();
  const auto state = bench.run_to_end(slow->id);
  EXPECT_TRUE(saga::is_terminal(state.phase) || state.phase == saga::Phase::kSuspended);
  EXPECT_FALSE(bench.log.contains("could not be advanced"));
}

}  // namespace
}  // namespace skald::test
