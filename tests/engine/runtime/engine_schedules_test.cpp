// Workflows that start by themselves at their times, in a whole engine: across crashes, outages and new versions.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/runtime/leased_node.hpp"
#include "tests/engine/runtime/schedule_bench.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class EngineSchedules : public ScheduleBench {};

TEST_F(EngineSchedules, EveryStartsAtEachInterval) {
  begin("{ every: PT10M }");
  pass(std::chrono::minutes(9));
  EXPECT_THAT(times(), IsEmpty());
  pass(std::chrono::minutes(22));
  EXPECT_THAT(times(), ElementsAre("2027-01-15T08:10:00.000Z", "2027-01-15T08:20:00.000Z", "2027-01-15T08:30:00.000Z"));
  const auto execution = bench().store.search({.limit = 1})->front();
  EXPECT_EQ(execution.created.idempotency_key, "schedule/shop/checkout/2027-01-15T08:30:00.000Z");
  const auto state = bench().state_in_store(execution.id);
  EXPECT_EQ(state.input.text(), "{}");
  EXPECT_EQ(state.outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(row().rule, "every: PT10M");
  EXPECT_EQ(row().next_at, parse_rfc3339("2027-01-15T08:40:00Z"));
  EXPECT_EQ(row().last_at, parse_rfc3339("2027-01-15T08:30:00Z"));
  EXPECT_EQ(row().last_execution, execution.id);
  EXPECT_EQ(told()["started"], 3);
}

TEST_F(EngineSchedules, CronStartsWhenTheClockSaysSo) {
  begin("{ cron: '30 9 * * *' }", "saga: { schedule: { timeZone: Europe/Berlin } }\n");
  pass(std::chrono::minutes(29));
  EXPECT_THAT(times(), IsEmpty());
  pass(std::chrono::minutes(2));
  EXPECT_THAT(times(), ElementsAre("2027-01-15T08:30:00.000Z"));
  EXPECT_EQ(row().rule, "cron: 30 9 * * * in Europe/Berlin");
  EXPECT_EQ(row().next_at, parse_rfc3339("2027-01-16T08:30:00Z"));
}

TEST_F(EngineSchedules, EveryDoesNotWaitForTheOneBefore) {
  begin("{ every: PT1M }");
  hold();
  pass(std::chrono::seconds(150));
  EXPECT_EQ(times().size(), 2u);
  EXPECT_EQ(bench().in_memory(), 2u);
}

TEST_F(EngineSchedules, OverlapSkipWaitsForTheNextTime) {
  begin("{ every: PT1M }", "saga: { schedule: { overlap: skip } }\n");
  hold();
  pass(std::chrono::seconds(150));
  EXPECT_THAT(times(), ElementsAre("2027-01-15T08:01:00.000Z"));
  EXPECT_EQ(told()["skipped"], 1);
  release();
  pass(std::chrono::seconds(60));
  EXPECT_THAT(times(), ElementsAre("2027-01-15T08:01:00.000Z", "2027-01-15T08:03:00.000Z"));
}

TEST_F(EngineSchedules, AfterCountsFromTheEnd) {
  begin("{ after: PT1M }");
  hold();
  pass(std::chrono::minutes(5));
  EXPECT_THAT(times(), ElementsAre("2027-01-15T08:01:00.000Z"));
  EXPECT_EQ(row().next_at, std::nullopt);
  release();
  pass(std::chrono::seconds(59));
  EXPECT_EQ(times().size(), 1u);
  pass(std::chrono::seconds(3));
  ASSERT_EQ(times().size(), 2u);
  // It has ended at once.
  pass(std::chrono::seconds(61));
  EXPECT_EQ(times().size(), 3u);
}

TEST_F(EngineSchedules, AfterWaitsAcrossARestart) {
  begin("{ after: PT1M }");
  hold();
  pass(std::chrono::minutes(2));
  be_down(std::chrono::minutes(1));
  pass(std::chrono::minutes(1));
  EXPECT_EQ(times().size(), 1u);
  release();
  pass(std::chrono::seconds(65));
  EXPECT_EQ(times().size(), 2u);
}

TEST_F(EngineSchedules, OneStartMakesUpForThoseMissed) {
  begin("{ every: PT1M }");
  be_down(std::chrono::seconds(3600 + 30));
  pass(std::chrono::seconds(1));
  EXPECT_THAT(times(), ElementsAre("2027-01-15T08:01:00.000Z"));
  pass(std::chrono::seconds(30));
  EXPECT_THAT(times(), ElementsAre("2027-01-15T08:01:00.000Z", "2027-01-15T09:01:00.000Z"));
}

TEST_F(EngineSchedules, MissedSkipStartsNone) {
  begin("{ cron: '@hourly' }", "saga: { schedule: { missed: skip } }\n");
  be_down(std::chrono::minutes(90));
  pass(std::chrono::minutes(1));
  EXPECT_THAT(times(), IsEmpty());
  EXPECT_EQ(told()["missed"], 1);
  // Down at the time, and back within the minute: that is late, not missed.
  pass(std::chrono::minutes(28));
  be_down(std::chrono::seconds(70));
  pass(std::chrono::seconds(5));
  EXPECT_THAT(times(), ElementsAre("2027-01-15T10:00:00.000Z"));
}

// Wherever the process dies between the start and the move of the row, there is one execution for the time.
TEST_F(EngineSchedules, ACrashRepeatsNoStart) {
  for (int rounds = 0; rounds < 12; ++rounds) {
    begin("{ every: PT1M }");
    pass(std::chrono::seconds(59));
    bench().clock.advance(std::chrono::seconds(1));
    bench().engine().tick();
    for (int round = 0; round < rounds; ++round) bench().step();
    be_down(std::chrono::seconds(2));
    pass(std::chrono::seconds(3));
    EXPECT_THAT(times(), ElementsAre("2027-01-15T08:01:00.000Z")) << rounds;
    EXPECT_EQ(row().next_at, parse_rfc3339("2027-01-15T08:02:00Z")) << rounds;
  }
}

TEST_F(EngineSchedules, ARepeatedStartIsTold) {
  begin("{ every: PT1M }");
  pass(std::chrono::seconds(61));
  // As if the process had died before the row was moved.
  auto before = row();
  before.next_at = parse_rfc3339("2027-01-15T08:01:00Z");
  EXPECT_TRUE(bench().store.put_schedule(before).value());
  be_down(std::chrono::seconds(1));
  pass(std::chrono::seconds(2));
  EXPECT_EQ(times().size(), 1u);
  EXPECT_EQ(told()["repeated"], 1);
  EXPECT_EQ(row().next_at, parse_rfc3339("2027-01-15T08:02:00Z"));
}

TEST_F(EngineSchedules, ARefusedStartIsSeenAndTheScheduleGoesOn) {
  begin("{ every: PT1M }", "input: { schema: { document: { type: object, required: [orderId] } } }\n");
  pass(std::chrono::seconds(61));
  EXPECT_THAT(times(), IsEmpty());
  EXPECT_EQ(told()["refused"], 1);
  EXPECT_TRUE(bench().log.contains("a start by the schedule of a workflow was refused"));
  EXPECT_THAT(row().error, HasSubstr("does not match the schema"));
  EXPECT_EQ(row().next_at, parse_rfc3339("2027-01-15T08:02:00Z"));
  EXPECT_EQ(row().last_at, std::nullopt);
  pass(std::chrono::seconds(60));
  EXPECT_EQ(told()["refused"], 2);
  add(scheduled_workflow("{ every: PT1M }", "1.0.1"));
  pass(std::chrono::seconds(60));
  EXPECT_EQ(times().size(), 1u);
  EXPECT_EQ(row().error, "");
}

TEST_F(EngineSchedules, AfterGoesOnBehindARefusedStart) {
  begin("{ after: PT1M }", "input: { schema: { document: { type: object, required: [orderId] } } }\n");
  pass(std::chrono::seconds(125));
  EXPECT_EQ(told()["refused"], 2);
}

TEST_F(EngineSchedules, TheHighestVersionRuns) {
  begin("{ every: PT1M }");
  pass(std::chrono::seconds(30));
  // The same schedule keeps its phase, another begins anew, none ends it.
  add(scheduled_workflow("{ every: PT1M }", "1.0.1"));
  pass(std::chrono::seconds(31));
  EXPECT_EQ(bench().store.search({.limit = 1})->front().created.version, "1.0.1");
  EXPECT_THAT(times(), ElementsAre("2027-01-15T08:01:00.000Z"));
  add(scheduled_workflow("{ every: PT2M }", "1.1.0"));
  pass(std::chrono::seconds(119));
  EXPECT_EQ(times().size(), 1u);
  pass(std::chrono::seconds(3));
  EXPECT_EQ(times().size(), 2u);
  add(scheduled_workflow("{ every: PT1M }", "1.0.9"));
  add(scheduled_workflow("{ every: PT1M }", "2.0.0-rc.1"));
  pass(std::chrono::seconds(90));
  EXPECT_EQ(times().size(), 2u);
  add(scheduled_workflow("", "1.2.0"));
  pass(std::chrono::minutes(10));
  EXPECT_EQ(times().size(), 2u);
  EXPECT_EQ(row().rule, "");
  EXPECT_EQ(row().next_at, std::nullopt);
  // Of a file that is replaced.
  add(scheduled_workflow("{ every: PT5M }", "1.2.0"), runtime::Replace::kYes);
  pass(std::chrono::seconds(302));
  EXPECT_EQ(times().size(), 3u);
}

TEST_F(EngineSchedules, AStoreThatFailsIsTriedAgain) {
  begin("{ every: PT1M }");
  pass(std::chrono::seconds(59));
  bench().store.fail_next(ports::Verdict::kRejected);
  pass(std::chrono::seconds(5));
  EXPECT_THAT(times(), ElementsAre("2027-01-15T08:01:00.000Z"));
  EXPECT_EQ(told()["refused"], 0);
}

TEST_F(EngineSchedules, NothingStartsWhileTheEngineDrains) {
  begin("{ every: PT1M }");
  pass(std::chrono::seconds(59));
  bool is_drained = false;
  bench().engine().drain(std::chrono::seconds(10), [&] { is_drained = true; });
  pass(std::chrono::seconds(5));
  EXPECT_TRUE(is_drained);
  EXPECT_THAT(times(), IsEmpty());
}

TEST_F(EngineSchedules, ManyAreStartedAtOnce) {
  begin("");
  constexpr int kMany = 200;
  for (int i = 0; i < kMany; ++i) {
    auto source = scheduled_workflow("{ cron: '@hourly' }");
    source.replace(source.find("checkout"), 8, fmt::format("checkout-{}", i));
    add(source);
  }
  pass(std::chrono::hours(1) + std::chrono::seconds(2));
  EXPECT_EQ(bench().store.search({.limit = 500})->size(), static_cast<std::size_t>(kMany));
}

// One of several nodes.
class SchedulesOfNodes : public testing::Test {
 protected:
  SchedulesOfNodes() {
    auto source = scheduled_workflow("{ every: PT1M }");
    source.replace(source.find("checkout"), 8, "tick");
    EXPECT_TRUE(node.bench.definitions().add(source, "file:tick.yaml", runtime::Replace::kNo, true));
    pass(std::chrono::seconds(0));
  }

  void pass(std::chrono::seconds by) { node.bench.advance(by, std::chrono::seconds(1)); }
  void hold(const ports::ShardSet& shards, std::uint64_t epoch) {
    node.leases.hold(shards, epoch);
    node.leases.tell();
    pass(std::chrono::seconds(2));
  }
  std::size_t count() { return node.bench.store.search({.workflow = "tick", .limit = 500})->size(); }
  ports::StoredSchedule row() { return node.bench.store.list_schedules(kAll)->front(); }
  // As another node does.
  void move(Millis by) {
    auto moved = row();
    *moved.next_at += by;
    EXPECT_TRUE(node.bench.store.put_schedule(moved).value());
  }

  const ports::ShardSet shard = ports::ShardSet().set(shard_of_workflow("shop", "tick"));
  LeasedNode node;
};

TEST_F(SchedulesOfNodes, TheOwnerOfTheShardStartsThem) {
  pass(std::chrono::seconds(62));
  EXPECT_EQ(count(), 1u);
  hold(kAll & ~shard, 3);
  pass(std::chrono::minutes(3));
  EXPECT_EQ(count(), 1u);
  // The other one got on to here.
  move(std::chrono::minutes(2));
  const auto due = row().next_at;
  hold(kAll, 4);
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(row().last_at, due);
}

TEST_F(SchedulesOfNodes, WhatAnotherOneHasMovedStays) {
  pass(std::chrono::seconds(30));
  move(std::chrono::minutes(10));
  const auto due = row().next_at;
  // This one does not know, and starts one that the other may have started under the same key.
  pass(std::chrono::seconds(60));
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(row().next_at, due);
  pass(std::chrono::minutes(8));
  EXPECT_EQ(count(), 1u);
  pass(std::chrono::minutes(2));
  EXPECT_EQ(count(), 2u);
}

}  // namespace
}  // namespace skald::test
