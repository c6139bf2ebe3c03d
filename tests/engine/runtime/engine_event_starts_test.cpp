// Events that start executions, in a whole engine: once each, across crashes, and beside those who listen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/limits.hpp"
#include "tests/engine/runtime/schedule_bench.hpp"

namespace skald::test {
namespace {

using runtime::EventReceipt;
using testing::HasSubstr;

std::string placed(const std::string& id, const std::string& kind = "placed") {
  return dump_json({{"specversion", "1.0"}, {"id", id}, {"source", "shop"}, {"type", kind}, {"data", {{"order", id}}}});
}

class EventsStart : public ScheduleBench {
 protected:
  std::size_t count() { return bench().store.search({.limit = 500})->size(); }
};

TEST_F(EventsStart, AnExecutionEach) {
  begin("{ on: { any: [{ with: { type: placed } }, { with: { source: shop, type: paid } }] } }");
  auto answer = send(placed("1"));
  EXPECT_EQ(answer.receipt, EventReceipt::kTaken);
  EXPECT_EQ(answer.started, 1u);
  EXPECT_EQ(send(placed("1")).receipt, EventReceipt::kDuplicate);
  EXPECT_EQ(send(placed("2", "shipped")).receipt, EventReceipt::kIgnored);
  pass(std::chrono::seconds(1));
  EXPECT_EQ(send(placed("3", "paid")).started, 1u);
  EXPECT_EQ(count(), 2u);
  const auto execution = bench().store.search({.limit = 1})->front();
  EXPECT_EQ(parse_json(bench().state_in_store(execution.id).input.text()).value(),
            Json::array({parse_json(placed("3", "paid")).value()}));
  pass(std::chrono::seconds(7));
  EXPECT_EQ(row().rule, "on: any");
  EXPECT_EQ(row().last_execution, execution.id);
  EXPECT_EQ(row().next_at, std::nullopt);
  EXPECT_EQ(told()["started"], 2);
}

TEST_F(EventsStart, EachWorkflowThatIsForIt) {
  begin("{ on: { one: { with: { type: placed } } } }");
  auto other = scheduled_workflow("{ on: { one: { with: { source: shop } } } }");
  other.replace(other.find("checkout"), 8, "audit");
  add(other);
  EXPECT_EQ(send(placed("1")).started, 2u);
  EXPECT_EQ(send(placed("2", "paid")).started, 1u);
  EXPECT_EQ(count(), 3u);
}

TEST_F(EventsStart, OnlyByTheHighestVersion) {
  begin("{ on: { one: { with: { type: placed } } } }");
  add(scheduled_workflow("{ on: { one: { with: { type: paid } } } }", "1.1.0"));
  EXPECT_EQ(send(placed("1")).receipt, EventReceipt::kIgnored);
  EXPECT_EQ(send(placed("2", "paid")).started, 1u);
  EXPECT_EQ(bench().store.search({.limit = 1})->front().created.version, "1.1.0");
}

TEST_F(EventsStart, OnceHoweverOftenItIsForgotten) {
  begin("{ on: { one: { with: { type: placed } } } }");
  send(placed("1"));
  bench().advance(std::chrono::hours(26), std::chrono::seconds(30));
  const auto answer = send(placed("1"));
  EXPECT_EQ(answer.receipt, EventReceipt::kTaken);
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(told()["repeated"], 1);
}

// The event is stored before it starts anything: a crash in between loses nothing, with or without a sender that
// sends it again.
TEST_F(EventsStart, ACrashLosesNoStart) {
  for (int rounds = 0; rounds < 10; ++rounds) {
    begin("{ on: { one: { with: { type: placed } } } }");
    std::optional<Result<runtime::EventAnswer>> answer;
    bench().engine().accept_event(placed("1"), [&](Result<runtime::EventAnswer> told) { answer = std::move(told); });
    for (int round = 0; round < rounds; ++round) bench().step();
    be_down(std::chrono::seconds(2));
    if (!answer) send(placed("1"));
    pass(std::chrono::seconds(60));
    EXPECT_EQ(count(), 1u) << rounds;
  }
}

TEST_F(EventsStart, ARefusedStartIsSeen) {
  begin("{ on: { one: { with: { type: placed } } } }",
        "input: { schema: { document: { type: object, required: [orderId] } } }\n");
  const auto answer = send(placed("1"));
  EXPECT_EQ(answer.receipt, EventReceipt::kIgnored);
  EXPECT_EQ(answer.started, 0u);
  EXPECT_EQ(told()["refused"], 1);
  pass(std::chrono::seconds(7));
  EXPECT_THAT(row().error, HasSubstr("does not match the schema"));
  EXPECT_EQ(bench().store.count_kept_events().value(), 0u);
  // Sent again, it is tried again.
  add(scheduled_workflow("{ on: { one: { with: { type: placed } } } }", "1.0.1"));
  EXPECT_EQ(send(placed("1")).started, 1u);
}

TEST_F(EventsStart, ThoseWhoListenGetItToo) {
  begin("{ on: { one: { with: { type: placed } } } }");
  add(R"(
document: { dsl: '1.0.3', namespace: shop, name: hearing, version: '1.0.0' }
do:
  - hear: { listen: { to: { one: { with: { type: placed } } } } }
)");
  auto listening = RuntimeBench::order();
  listening.workflow = "hearing";
  const auto before = bench().start(listening)->id;
  EXPECT_EQ(send(placed("1")).started, 1u);
  EXPECT_EQ(bench().state_in_store(before).outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(count(), 2u);
}

TEST_F(EventsStart, WhatExecutionsEmitStartsOthers) {
  begin("{ on: { one: { with: { type: placed } } } }");
  add(R"(
document: { dsl: '1.0.3', namespace: shop, name: telling, version: '1.0.0' }
do:
  - tell: { emit: { event: { with: { source: shop, type: placed } } } }
)");
  auto telling = RuntimeBench::order();
  telling.workflow = "telling";
  EXPECT_TRUE(bench().start(telling));
  pass(std::chrono::seconds(10));
  EXPECT_EQ(count(), 2u);
}

// What one execution emits starts the next one, and so on: until the chain is as long as it may be.
TEST_F(EventsStart, AWorkflowThatStartsItselfEnds) {
  begin("{ on: { one: { with: { type: placed } } } }");
  add(R"(
document: { dsl: '1.0.3', namespace: shop, name: itself, version: '1.0.0' }
schedule: { on: { one: { with: { type: round } } } }
do:
  - again: { emit: { event: { with: { source: shop, type: round } } } }
)");
  EXPECT_EQ(send(placed("1", "round")).started, 1u);
  pass(std::chrono::seconds(60));
  EXPECT_EQ(count(), limits::kRunDepthMax);
  EXPECT_EQ(told()["refused"], 1);
  EXPECT_TRUE(bench().log.contains("a start by the schedule of a workflow was refused"));
  std::string error;
  for (const auto& schedule : bench().store.list_schedules(ports::ShardSet().set()).value()) {
    if (schedule.workflow.name == "itself") error = schedule.error;
  }
  EXPECT_THAT(error, HasSubstr("a chain of 16 that run or start each other"));
  const auto last = bench().store.search({.limit = 1})->front();
  EXPECT_EQ(bench().state_in_store(last.id).depth, limits::kRunDepthMax);
  // Others go on, and it does too.
  EXPECT_EQ(send(placed("2")).started, 1u);
  EXPECT_EQ(send(placed("3", "round")).started, 1u);
}

TEST_F(EventsStart, ACircleOfWorkflowsThatRunAndStartEachOtherEnds) {
  begin("{ on: { one: { with: { type: placed } } } }");
  add(R"(
document: { dsl: '1.0.3', namespace: shop, name: one, version: '1.0.0' }
schedule: { on: { one: { with: { type: one } } } }
do:
  - again: { run: { workflow: { namespace: shop, name: other, version: '1.0.0' } } }
)");
  add(R"(
document: { dsl: '1.0.3', namespace: shop, name: other, version: '1.0.0' }
do:
  - again: { emit: { event: { with: { source: shop, type: one } } } }
)");
  EXPECT_EQ(send(placed("1", "one")).started, 1u);
  pass(std::chrono::seconds(60));
  EXPECT_EQ(count(), limits::kRunDepthMax);
  EXPECT_EQ(told()["refused"], 1);
}

TEST_F(EventsStart, AnEventFromFarDownReachesThoseWhoListen) {
  begin("{ on: { one: { with: { type: placed } } } }");
  add(R"(
document: { dsl: '1.0.3', namespace: shop, name: hearing, version: '1.0.0' }
do:
  - hear: { listen: { to: { one: { with: { type: placed } } } } }
)");
  auto listening = RuntimeBench::order();
  listening.workflow = "hearing";
  const auto id = bench().start(listening)->id;
  auto event = parse_json(placed("1")).value();
  event["skalddepth"] = limits::kRunDepthMax;
  const auto answer = send(dump_json(event));
  EXPECT_EQ(answer.receipt, EventReceipt::kTaken);
  EXPECT_EQ(answer.started, 0u);
  EXPECT_EQ(bench().state_in_store(id).outcome, saga::Outcome::kCompleted);
  // As the header of an event in binary mode has it.
  event["id"] = "2";
  event["skalddepth"] = "15";
  EXPECT_EQ(send(dump_json(event)).started, 1u);
  const auto started = bench().store.search({.workflow = "checkout", .limit = 1}).value();
  EXPECT_EQ(bench().state_in_store(started.at(0).id).depth, limits::kRunDepthMax);
}

TEST_F(EventsStart, AnOverloadedEngineStartsItLater) {
  begin("{ on: { one: { with: { type: placed } } } }");
  bench().store.fail_next(ports::Verdict::kRejected);
  const auto answer = send(placed("1"));
  EXPECT_EQ(answer.receipt, EventReceipt::kKept);
  EXPECT_EQ(answer.started, 0u);
  pass(std::chrono::seconds(60));
  EXPECT_EQ(count(), 1u);
}

}  // namespace
}  // namespace skald::test
