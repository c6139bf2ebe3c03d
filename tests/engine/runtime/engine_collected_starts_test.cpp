// Events that start an execution together, in a whole engine: each in one execution, across crashes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/limits.hpp"
#include "tests/engine/runtime/schedule_bench.hpp"

namespace skald::test {
namespace {

using runtime::EventReceipt;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::string of(const std::string& type, const std::string& id, const Json& data = Json::object()) {
  return dump_json({{"specversion", "1.0"}, {"id", id}, {"source", "shop"}, {"type", type}, {"data", data}});
}

constexpr const char* kBoth = "{ on: { all: [{ with: { type: paid } }, { with: { type: packed } }] } }";
constexpr const char* kBothOfAnOrder =
    "{ on: { all: [{ with: { type: paid }, correlate: { order: { from: .data.order } } },"
    " { with: { type: packed }, correlate: { order: { from: .data.parcel.order } } }] } }";

class CollectedStarts : public ScheduleBench {
 protected:
  // The ids of the events that each execution was started by, the oldest execution first.
  std::vector<std::string> starts() {
    std::vector<std::string> found;
    for (const auto& execution : bench().store.search({.limit = 500}).value()) {
      const auto state = bench().state_in_store(execution.id);
      std::string ids;
      for (const auto& each : parse_json(state.input.text()).value()) ids += each.at("id").get<std::string>() + " ";
      found.push_back(ids);
    }
    std::ranges::reverse(found);
    return found;
  }
};

TEST_F(CollectedStarts, OneOfEach) {
  begin(kBoth);
  auto answer = send(of("paid", "1"));
  EXPECT_EQ(answer.receipt, EventReceipt::kTaken);
  EXPECT_EQ(answer.started, 0u);
  EXPECT_EQ(send(of("paid", "2")).started, 0u);
  EXPECT_EQ(send(of("shipped", "3")).receipt, EventReceipt::kIgnored);
  EXPECT_THAT(starts(), IsEmpty());
  EXPECT_EQ(send(of("packed", "4")).started, 1u);
  EXPECT_EQ(send(of("packed", "4")).receipt, EventReceipt::kDuplicate);
  EXPECT_THAT(starts(), ElementsAre("1 4 "));
  pass(std::chrono::seconds(1));
  EXPECT_EQ(send(of("packed", "5")).started, 1u);
  EXPECT_THAT(starts(), ElementsAre("1 4 ", "2 5 "));
  pass(std::chrono::seconds(7));
  EXPECT_EQ(row().rule, "on: all");
  EXPECT_EQ(told()["started"], 2);
}

TEST_F(CollectedStarts, WhatBelongsTogether) {
  begin(kBothOfAnOrder);
  const auto paid = [](const std::string& id, const Json& order) { return of("paid", id, {{"order", order}}); };
  const auto packed = [](const std::string& id, const Json& order) {
    return of("packed", id, {{"parcel", {{"order", order}}}});
  };
  send(paid("1", "a"));
  send(paid("2", "b"));
  EXPECT_EQ(send(packed("3", "c")).started, 0u);
  EXPECT_EQ(send(packed("4", "b")).started, 1u);
  EXPECT_EQ(send(of("packed", "5")).receipt, EventReceipt::kIgnored);  // of no order
  EXPECT_EQ(send(paid("6", "c")).started, 1u);
  EXPECT_EQ(send(packed("7", "a")).started, 1u);
  EXPECT_THAT(starts(), UnorderedElementsAre("2 4 ", "3 6 ", "1 7 "));
}

TEST_F(CollectedStarts, UntilAConditionHolds) {
  begin("{ on: { any: [{ with: { type: paid } }], until: '${ map(.data.amount) | add >= 10 }' } }");
  EXPECT_EQ(send(of("paid", "1", {{"amount", 4}})).started, 0u);
  // What cannot be told leaves what is there as it is.
  const auto answer = send(of("paid", "2", {{"amount", Json::array()}}));
  EXPECT_EQ(answer.receipt, EventReceipt::kIgnored);
  EXPECT_EQ(told()["refused"], 1);
  EXPECT_EQ(send(of("paid", "3", {{"amount", 6}})).started, 1u);
  EXPECT_EQ(send(of("paid", "4", {{"amount", 6}})).started, 0u);
  EXPECT_THAT(starts(), ElementsAre("1 3 "));
}

TEST_F(CollectedStarts, UntilEventsEndIt) {
  begin("{ on: { any: [{ with: { type: paid } }], until: { one: { with: { type: closed } } } } }");
  EXPECT_EQ(send(of("closed", "1")).receipt, EventReceipt::kIgnored);  // there is nothing to end
  send(of("paid", "2"));
  send(of("paid", "3"));
  EXPECT_EQ(send(of("closed", "4")).started, 1u);
  EXPECT_EQ(send(of("closed", "5")).started, 0u);
  EXPECT_THAT(starts(), ElementsAre("2 3 "));
}

TEST_F(CollectedStarts, UntilAllOfSomeEventsHaveCome) {
  begin(
      "{ on: { any: [{ with: { type: paid } }],"
      " until: { all: [{ with: { type: closed } }, { with: { type: counted } }] } } }");
  send(of("counted", "1"));
  send(of("paid", "2"));
  EXPECT_EQ(send(of("closed", "3")).started, 1u);
  send(of("paid", "4"));
  EXPECT_EQ(send(of("closed", "5")).started, 0u);
  EXPECT_EQ(send(of("closed", "6")).receipt, EventReceipt::kIgnored);  // it is there
  EXPECT_EQ(send(of("counted", "7")).started, 1u);
  EXPECT_THAT(starts(), UnorderedElementsAre("2 ", "4 "));
}

TEST_F(CollectedStarts, ByEveryEventThereIs) {
  begin("{ on: { any: [] } }");
  EXPECT_EQ(send(of("paid", "1")).started, 1u);
  EXPECT_EQ(send(of("closed", "2")).started, 1u);
}

TEST_F(CollectedStarts, AValueThatIsExpected) {
  begin("{ on: { one: { with: { type: paid }, correlate: { shop: { from: '.data.shop # its id', expect: 7 } } } } }");
  EXPECT_EQ(send(of("paid", "1", {{"shop", 8}})).receipt, EventReceipt::kIgnored);
  EXPECT_EQ(send(of("paid", "2")).receipt, EventReceipt::kIgnored);
  EXPECT_EQ(send(of("paid", "3", {{"shop", 7.0}})).started, 1u);
}

// Wherever the process ends, each event is in one execution, and none is lost.
TEST_F(CollectedStarts, ACrashLosesNoneAndTakesNoneTwice) {
  for (int rounds = 0; rounds < 25; ++rounds) {
    begin(kBoth);
    send(of("paid", "1"));
    std::optional<Result<runtime::EventAnswer>> answer;
    const auto take = [&](Result<runtime::EventAnswer> told) { answer = std::move(told); };
    bench().engine().accept_event(of("packed", "2"), take);
    for (int round = 0; round < rounds; ++round) bench().step();
    be_down(std::chrono::seconds(2));
    if (!answer) send(of("packed", "2"));
    pass(std::chrono::seconds(60));
    EXPECT_THAT(starts(), ElementsAre("1 2 ")) << rounds;
    send(of("paid", "3"));
    EXPECT_EQ(send(of("packed", "4")).started, 1u) << rounds;
    EXPECT_THAT(starts(), ElementsAre("1 2 ", "3 4 ")) << rounds;
  }
}

TEST_F(CollectedStarts, WhatIsRefusedIsNotTriedAgain) {
  begin(kBoth, "input: { schema: { document: { type: object } } }\n");
  send(of("paid", "1"));
  EXPECT_EQ(send(of("packed", "2")).started, 0u);
  EXPECT_EQ(told()["refused"], 1);
  pass(std::chrono::seconds(60));
  EXPECT_EQ(told()["refused"], 1);
  EXPECT_THAT(row().error, HasSubstr("does not match the schema"));
  send(of("paid", "3"));
  send(of("packed", "4"));
  EXPECT_EQ(told()["refused"], 2);
}

TEST_F(CollectedStarts, AnotherRuleBeginsAnew) {
  begin(kBoth);
  send(of("paid", "1"));
  add(scheduled_workflow("{ on: { all: [{ with: { type: paid } }, { with: { type: shipped } }] } }", "1.1.0"));
  EXPECT_EQ(send(of("shipped", "2")).started, 0u);
  EXPECT_EQ(send(of("paid", "3")).started, 1u);
  EXPECT_THAT(starts(), UnorderedElementsAre("2 3 "));
}

TEST_F(CollectedStarts, NotMoreThanADayAfterTheLast) {
  begin(kBoth);
  send(of("paid", "1"));
  bench().advance(std::chrono::hours(25), std::chrono::seconds(30));
  EXPECT_EQ(send(of("packed", "2")).started, 0u);
}

// What the others wait for comes in all the same.
TEST_F(CollectedStarts, NotMoreThanOnePlaceMayHave) {
  begin(kBoth);
  for (std::size_t i = 0; i < limits::kListenEventsMax; ++i) send(of("paid", std::to_string(i)));
  EXPECT_EQ(send(of("paid", "more")).receipt, EventReceipt::kIgnored);
  pass(std::chrono::seconds(7));
  EXPECT_THAT(row().error, HasSubstr("at most 500 events"));
  EXPECT_EQ(send(of("packed", "one")).started, 1u);
  EXPECT_EQ(send(of("paid", "another")).receipt, EventReceipt::kTaken);
  EXPECT_EQ(send(of("packed", "two")).started, 1u);
  EXPECT_THAT(starts(), UnorderedElementsAre("0 one ", "1 two "));
}

TEST_F(CollectedStarts, NotMoreBytesThanAnInputMayHave) {
  begin("{ on: { any: [{ with: { type: paid } }], until: { one: { with: { type: closed } } } } }");
  const std::string large(60'000, 'x');
  for (int i = 0; i < 4; ++i) EXPECT_EQ(send(of("paid", std::to_string(i), large)).receipt, EventReceipt::kTaken);
  EXPECT_EQ(send(of("paid", "more", large)).receipt, EventReceipt::kIgnored);
  EXPECT_EQ(send(of("closed", "end", large)).started, 1u);
  EXPECT_THAT(starts(), ElementsAre("0 1 2 3 "));
}

// A flood of what nothing completes is refused; what completes something comes in, and makes room.
TEST_F(CollectedStarts, NotMorePlacesThanThereMayBe) {
  begin(kBothOfAnOrder, "", {.collections_max = 2});
  const auto paid = [](const std::string& order) { return of("paid", "paid " + order, {{"order", order}}); };
  const auto packed = [](const std::string& order) {
    return of("packed", "packed " + order, {{"parcel", {{"order", order}}}});
  };
  for (const char* order : {"a", "b"}) EXPECT_EQ(send(paid(order)).receipt, EventReceipt::kTaken);
  for (int times = 0; times < 2; ++times) {
    const auto refused = try_to_send(paid("c"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "events.full");
  }
  EXPECT_EQ(send(packed("a")).started, 1u);
  pass(std::chrono::seconds(12));
  EXPECT_EQ(bench().telemetry.waiting, std::pair(0ul, 1ul));
  EXPECT_EQ(send(paid("c")).receipt, EventReceipt::kTaken);
  EXPECT_EQ(try_to_send(paid("d")).error().code, "events.full");
  bench().advance(std::chrono::hours(25), std::chrono::seconds(30));
  EXPECT_EQ(send(paid("d")).receipt, EventReceipt::kTaken);
  EXPECT_EQ(send(packed("d")).started, 1u);
}

// As deep as an event may be, and some levels more in the row.
TEST_F(CollectedStarts, OfAnyDepth) {
  begin(kBoth);
  Json deep = 1;
  for (int depth = 0; depth < 62; ++depth) deep = Json::array({deep});
  EXPECT_EQ(send(of("paid", "1", deep)).receipt, EventReceipt::kTaken);
  EXPECT_EQ(send(of("packed", "2", deep)).started, 1u);
}

TEST_F(CollectedStarts, ThoseWhoListenGetItToo) {
  begin(kBoth);
  add(R"(
document: { dsl: '1.0.3', namespace: shop, name: hearing, version: '1.0.0' }
do:
  - hear: { listen: { to: { one: { with: { type: paid } } } } }
)");
  auto listening = RuntimeBench::order();
  listening.workflow = "hearing";
  const auto before = bench().start(listening)->id;
  EXPECT_EQ(send(of("paid", "1")).receipt, EventReceipt::kTaken);
  EXPECT_EQ(bench().state_in_store(before).outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(send(of("packed", "2")).started, 1u);
}

}  // namespace
}  // namespace skald::test
