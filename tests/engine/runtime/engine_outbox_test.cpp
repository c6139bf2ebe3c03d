// What executions emit, in a whole engine: to adapters and to those who listen, once more after a crash, in order,
// never lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const char* const kTelling = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - placed: { emit: { event: { with: { source: shop, type: com.shop.order.placed, data: '${ $workflow.input.orderId }' } } } }
  - charge: { call: payments.charge, with: {} }
  - paid: { emit: { event: { with: { source: shop, type: com.shop.order.paid } } } }
  - noted: { emit: { event: { with: { source: shop, type: internal.noted } } } }
)";

const char* const kHearing = R"(
document: { dsl: '1.0.3', namespace: shop, name: hearing, version: '1.0.0' }
do:
  - hear: { listen: { to: { one: { with: { type: com.shop.order.placed } } } } }
output: { as: '${ .[0] }' }
)";

class EngineOutbox : public testing::Test {
 protected:
  // The types of the events that the adapter was sent, in their order.
  std::vector<std::string> mailed() {
    std::vector<std::string> types;
    for (const auto& call : bench.script.calls()) {
      if (call.request->adapter != "mail") continue;
      types.push_back(parse_json(call.request->body).value()["type"]);
    }
    return types;
  }

  // The adapter answers like this, all others do what they are asked to.
  void let_mail(std::function<std::optional<saga::Answer>()> answer) {
    bench.script.set_rule([answer = std::move(answer)](const ports::ParticipantCall& call) {
      return call.request->adapter == "mail" ? answer() : std::optional(done());
    });
  }

  RuntimeBench bench{{}, kTelling};
};

TEST_F(EngineOutbox, AnAdapterIsSentTheEventsItTakes) {
  const auto id = bench.start()->id;
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
  EXPECT_THAT(mailed(), ElementsAre("com.shop.order.placed", "com.shop.order.paid"));
  const auto& calls = bench.script.calls();
  const auto call = std::ranges::find(calls, "placed", &ports::ParticipantCall::step);
  ASSERT_NE(call, calls.end());
  EXPECT_EQ(call->key, to_string(id) + "/placed");
  EXPECT_EQ(call->workflow, "shop/checkout:1.0.0");
  EXPECT_EQ(call->request->method + " " + call->request->target, "POST /events");
  EXPECT_EQ(call->request->headers.front().second, "application/cloudevents+json");
  const Json event = parse_json(call->request->body).value();
  EXPECT_EQ(event["id"], to_string(id) + "/placed");
  EXPECT_EQ(event["data"], "o1");
  EXPECT_THAT(bench.store.measure_outbox(ports::ShardSet().set()).value(), IsEmpty());
}

TEST_F(EngineOutbox, ExecutionsHearWhatOthersEmit) {
  ASSERT_TRUE(bench.definitions().add(kHearing, "file:hearing.yaml", runtime::Replace::kNo, true));
  auto listening = bench.order();
  listening.workflow = "hearing";
  const auto before = bench.start(listening)->id;
  EXPECT_TRUE(bench.start());
  EXPECT_EQ(bench.state_in_store(before).output.text(), "\"o1\"");
}

TEST_F(EngineOutbox, AnEventWaitsForAnAdapterThatDoesNotAnswer) {
  let_mail([] { return std::optional(unknown()); });
  const auto id = bench.start()->id;
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
  EXPECT_THAT(mailed(), ElementsAre("com.shop.order.placed"));
  bench.advance(std::chrono::minutes(2), std::chrono::seconds(1));
  EXPECT_THAT(bench.telemetry.pending,
              ElementsAre(testing::Pair("", 0u), testing::Pair("/runs", 0u), testing::Pair("mail", 2u)));
  EXPECT_GT(mailed().size(), 3u);
  EXPECT_LT(mailed().size(), 12u);
  EXPECT_TRUE(bench.log.contains("an event could not be delivered"));
  let_mail([] { return std::optional(done()); });
  const auto sent = mailed().size();
  bench.advance(std::chrono::minutes(5), std::chrono::seconds(1));
  const auto all = mailed();
  EXPECT_THAT(std::vector(all.begin() + static_cast<std::ptrdiff_t>(sent), all.end()),
              ElementsAre("com.shop.order.placed", "com.shop.order.paid"));
  EXPECT_EQ(bench.telemetry.pending["mail"], 0u);
}

TEST_F(EngineOutbox, ARefusedEventHoldsUpItsOwnExecutionOnly) {
  bench.script.set_rule([](const ports::ParticipantCall& call) -> std::optional<saga::Answer> {
    const bool is_first = call.request->adapter == "mail" && call.request->body.find("\"first\"") != std::string::npos;
    return is_first ? refused(422) : done();
  });
  EXPECT_TRUE(bench.start(bench.order(std::nullopt, R"({"orderId":"first"})")));
  EXPECT_TRUE(bench.start(bench.order(std::nullopt, R"({"orderId":"second"})")));
  bench.advance(std::chrono::seconds(5));
  EXPECT_THAT(mailed(), testing::Contains("com.shop.order.paid").Times(1));
  bench.script.set_rule([](const auto&) { return done(); });
  bench.advance(std::chrono::minutes(1), std::chrono::seconds(1));
  EXPECT_THAT(mailed(), testing::Contains("com.shop.order.paid").Times(2));
}

TEST_F(EngineOutbox, WhatACrashHasLeftIsSent) {
  let_mail([] { return std::nullopt; });
  EXPECT_TRUE(bench.start());
  EXPECT_THAT(mailed(), ElementsAre("com.shop.order.placed"));
  bench.kill_process();
  let_mail([] { return std::optional(done()); });
  bench.start_process();
  bench.advance(std::chrono::seconds(10));
  EXPECT_THAT(mailed(), ElementsAre("com.shop.order.placed", "com.shop.order.placed", "com.shop.order.paid"));
}

TEST_F(EngineOutbox, NothingIsSentBeforeItIsDurable) {
  std::optional<bool> started;
  bench.engine().start(bench.order(), [&](const Result<runtime::Started>& result) { started = result.has_value(); });
  while (bench.step(false)) {
  }
  EXPECT_FALSE(started.has_value());
  EXPECT_EQ(bench.store.queued(), 1u);
  EXPECT_THAT(mailed(), IsEmpty());
  bench.settle();
  EXPECT_THAT(mailed(), ElementsAre("com.shop.order.placed", "com.shop.order.paid"));
}

TEST_F(EngineOutbox, EventsForAnAdapterThatIsGoneAreKeptAndTold) {
  let_mail([] { return std::optional(unknown()); });
  EXPECT_TRUE(bench.start());
  auto without = *checkout_operations();
  without.sinks.clear();
  bench.definitions().set_operations(std::make_shared<const definition::OperationCatalog>(without));
  const auto sent = mailed().size();
  bench.advance(std::chrono::minutes(1), std::chrono::seconds(1));
  EXPECT_EQ(mailed().size(), sent);
  EXPECT_EQ(bench.telemetry.pending["mail"], 2u);
  EXPECT_TRUE(bench.log.contains("events wait for an adapter that takes none any more"));
  let_mail([] { return std::optional(done()); });
  bench.definitions().set_operations(checkout_operations());
  bench.advance(std::chrono::minutes(1), std::chrono::seconds(1));
  EXPECT_EQ(bench.telemetry.pending["mail"], 0u);
}

TEST_F(EngineOutbox, AnEventThatHangsHoldsUpNoOtherExecution) {
  bench.script.set_rule([](const ports::ParticipantCall& call) -> std::optional<saga::Answer> {
    const bool hangs = call.request->adapter == "mail" && call.request->body.find("\"first\"") != std::string::npos;
    return hangs ? std::nullopt : std::optional(done());
  });
  EXPECT_TRUE(bench.start(bench.order(std::nullopt, R"({"orderId":"first"})")));
  EXPECT_TRUE(bench.start(bench.order(std::nullopt, R"({"orderId":"second"})")));
  EXPECT_THAT(mailed(), ElementsAre("com.shop.order.placed", "com.shop.order.placed", "com.shop.order.paid"));
}

TEST_F(EngineOutbox, ADrainWaitsForNoEventThatHasNotLeft) {
  bench.script.set_queueing(true);
  let_mail([] { return std::nullopt; });
  EXPECT_TRUE(bench.start());
  EXPECT_THAT(mailed(), ElementsAre("com.shop.order.placed"));
  bool drained = false;
  bench.engine().drain(std::chrono::seconds(30), [&] { drained = true; });
  bench.settle();
  EXPECT_TRUE(drained);
  bench.kill_process();
  bench.script.set_queueing(false);
  let_mail([] { return std::optional(done()); });
  bench.start_process();
  bench.settle();
  EXPECT_THAT(mailed(), ElementsAre("com.shop.order.placed", "com.shop.order.placed", "com.shop.order.paid"));
}

TEST_F(EngineOutbox, AClockThatWasAheadDelaysNothing) {
  let_mail([] { return std::nullopt; });
  EXPECT_TRUE(bench.start());
  bench.kill_process();
  bench.clock.step_utc(-std::chrono::hours(1));
  let_mail([] { return std::optional(done()); });
  bench.start_process();
  bench.settle();
  EXPECT_THAT(mailed(), ElementsAre("com.shop.order.placed", "com.shop.order.placed", "com.shop.order.paid"));
}

TEST_F(EngineOutbox, ManyEventsOfOneExecutionGoOutInTheirOrder) {
  constexpr const char* kCounting = R"(
document: { dsl: '1.0.3', namespace: shop, name: counting, version: '1.0.0' }
do:
  - each:
      for: { in: '[range(1000)]' }
      do:
        - one: { emit: { event: { with: { source: shop, type: com.shop.counted, data: '${ $item }' } } } }
)";
  ASSERT_TRUE(bench.definitions().add(kCounting, "file:counting.yaml", runtime::Replace::kNo, true));
  auto counting = bench.order();
  counting.workflow = "counting";
  EXPECT_TRUE(bench.start(counting));
  std::vector<int> heard;
  for (const auto& call : bench.script.calls()) heard.push_back(parse_json(call.request->body).value()["data"]);
  ASSERT_EQ(heard.size(), 1000u);
  EXPECT_TRUE(std::ranges::is_sorted(heard));
}

TEST_F(EngineOutbox, ARetryAfterOfAYearIsNotObeyed) {
  let_mail([] {
    auto busy = unknown();
    busy.retry_after = std::chrono::hours(24 * 365);
    return std::optional(busy);
  });
  EXPECT_TRUE(bench.start());
  let_mail([] { return std::optional(done()); });
  bench.advance(std::chrono::minutes(4), std::chrono::seconds(1));
  EXPECT_THAT(mailed(), ElementsAre("com.shop.order.placed"));
  bench.advance(std::chrono::minutes(2), std::chrono::seconds(1));
  EXPECT_THAT(mailed(), ElementsAre("com.shop.order.placed", "com.shop.order.placed", "com.shop.order.paid"));
}

TEST_F(EngineOutbox, AnAdapterThatNamesThemIsSentTheLifecycleEvents) {
  auto operations = *bench.definitions().operations();
  operations.sinks["mail"].types = {"io.serverlessworkflow.*"};
  bench.definitions().set_operations(std::make_shared<const definition::OperationCatalog>(std::move(operations)));
  bench.script.set_rule([tried = false](const ports::ParticipantCall& call) mutable {
    const bool fails = call.request->adapter == "payments" && !std::exchange(tried, true);
    return std::optional(fails ? refused(422) : done());
  });
  const auto id = bench.start()->id;
  EXPECT_THAT(mailed(),
              ElementsAre("io.serverlessworkflow.workflow.started.v1", "io.serverlessworkflow.task.completed.v1",
                          "io.serverlessworkflow.task.started.v1", "io.serverlessworkflow.task.faulted.v1",
                          "io.serverlessworkflow.workflow.faulted.v1"));
  std::vector<Json> events;
  std::set<std::string> keys;
  for (const auto& call : bench.script.calls()) {
    if (call.request->adapter != "mail") continue;
    events.push_back(parse_json(call.request->body).value());
    keys.insert(call.key);
  }
  EXPECT_EQ(keys.size(), 5u);
  const std::string name = "checkout-" + to_string(id) + ".shop";
  EXPECT_EQ(events[0]["data"]["name"], name);
  EXPECT_EQ(events[0]["data"]["definition"],
            Json::parse(R"({"namespace":"shop","name":"checkout","version":"1.0.0"})"));
  EXPECT_EQ(events[0]["data"]["startedAt"], events[0]["time"]);
  EXPECT_EQ(events[0]["subject"], to_string(id));
  EXPECT_EQ(events[1]["data"]["workflow"], name);
  EXPECT_EQ(events[1]["data"]["task"], "/do/0/placed");
  EXPECT_EQ(events[3]["data"]["task"], "/do/1/charge");
  EXPECT_EQ(events[3]["data"]["error"]["status"], 422);
  EXPECT_EQ(events[4]["data"]["error"]["status"], 422);
  std::set<std::string> ids;
  for (const Json& event : events) ids.insert(event["id"]);
  EXPECT_EQ(ids.size(), 5u);
}

TEST_F(EngineOutbox, LifecycleEventsAreForThoseWhoNameThem) {
  auto operations = *bench.definitions().operations();
  operations.sinks["mail"].types = {};  // all that workflows emit
  bench.definitions().set_operations(std::make_shared<const definition::OperationCatalog>(std::move(operations)));
  ASSERT_TRUE(bench.start());
  EXPECT_THAT(mailed(), ElementsAre("com.shop.order.placed", "com.shop.order.paid", "internal.noted"));
}

}  // namespace
}  // namespace skald::test
