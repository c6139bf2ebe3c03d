// `foreach` of a `listen` in a whole engine: events that come faster than they are gone through, and crashes between.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/limits.hpp"
#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using runtime::EventReceipt;
using testing::ElementsAre;

const char* const kOrders = R"yaml(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - orders:
      listen:
        to:
          any: [ { with: { type: ordered } } ]
          until: { one: { with: { type: closed }, correlate: { day: { from: .data, expect: '${ $workflow.input.orderId }' } } } }
      foreach:
        item: order
        do: [ { charge: { call: payments.charge, with: { order: '${ $order }' }, compensate: { call: payments.refund, with: { orderId: '${ $order }' } } } } ]
        output: { as: '${ "\($index):\($order)" }' }
)yaml";

std::string event(const std::string& id, const std::string& type, const std::string& data) {
  return dump_json({{"specversion", "1.0"}, {"id", id}, {"source", "shop"}, {"type", type}, {"data", data}});
}

class EngineForEach : public testing::Test {
 protected:
  EventReceipt send(const std::string& text) {
    std::optional<Result<runtime::EventAnswer>> answer;
    bench.engine().accept_event(text, [&](Result<runtime::EventAnswer> told) { answer = std::move(told); });
    bench.settle();
    return answer.value().value().receipt;
  }
  EventReceipt order(const std::string& id) { return send(event(id, "ordered", id)); }
  EventReceipt close() { return send(event("end", "closed", "o1")); }

  void hold() {
    bench.script.set_rule([](const auto&) { return std::nullopt; });
  }
  void release() {
    bench.script.set_rule([](const auto&) { return done(); });
  }
  void restart() {
    bench.kill_process();
    bench.clock.advance(Millis(1));
    bench.start_process();
    bench.settle();
  }

  RuntimeBench bench{{}, kOrders};
};

TEST_F(EngineForEach, EventsDuringAnIterationWaitTheirTurnAcrossACrash) {
  hold();
  const auto id = bench.start()->id;
  EXPECT_EQ(order("a"), EventReceipt::kTaken);
  EXPECT_EQ(order("b"), EventReceipt::kTaken);
  EXPECT_EQ(order("c"), EventReceipt::kTaken);
  EXPECT_EQ(order("b"), EventReceipt::kDuplicate);
  restart();
  EXPECT_EQ(close(), EventReceipt::kTaken);
  EXPECT_EQ(order("d"), EventReceipt::kKept);
  restart();
  EXPECT_EQ(bench.state_in_store(id).phase, saga::Phase::kRunning);
  release();
  restart();
  bench.advance(std::chrono::seconds(10));
  const auto state = bench.state_in_store(id);
  EXPECT_EQ(state.outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(state.output.text(), R"(["0:a","1:b","2:c"])");
  EXPECT_THAT(bench.script.steps(), ElementsAre("orders.charge", "orders.charge", "orders.charge", "orders.charge",
                                                "orders.charge#2", "orders.charge#3"));
}

TEST_F(EngineForEach, ACrashBetweenAnEventAndItsIterationLosesNothing) {
  const auto id = bench.start()->id;
  EXPECT_EQ(order("a"), EventReceipt::kTaken);
  bench.advance(std::chrono::minutes(1), std::chrono::seconds(1));
  EXPECT_EQ(bench.in_memory(), 0u);
  for (int rounds = 0; rounds < 12; ++rounds) {
    const std::string name = "n" + std::to_string(rounds);
    bench.engine().accept_event(event(name, "ordered", name), [](auto) {});
    for (int round = 0; round < rounds; ++round) bench.step();
    restart();
    order(name);
    bench.advance(std::chrono::seconds(60));
    EXPECT_EQ(bench.state_in_store(id).root.children.front().events.size(), static_cast<std::size_t>(rounds) + 2);
  }
  EXPECT_EQ(close(), EventReceipt::kTaken);
  bench.advance(std::chrono::seconds(60));
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(bench.state_in_store(id).root.children.front().children.size(), 13u);
}

TEST_F(EngineForEach, EventsThatWereThereBeforeAreGoneThroughInTheirOrder) {
  // About nothing in particular, but from just before: for who begins to listen now.
  EXPECT_EQ(order("a"), EventReceipt::kKept);
  EXPECT_EQ(order("b"), EventReceipt::kKept);
  EXPECT_EQ(close(), EventReceipt::kKept);
  EXPECT_EQ(order("c"), EventReceipt::kKept);
  const auto id = bench.start()->id;
  bench.settle();
  EXPECT_EQ(bench.state_in_store(id).output.text(), R"(["0:a","1:b"])");
  EXPECT_EQ(bench.store.count_kept_events().value(), 1u);
}

TEST_F(EngineForEach, AnEventThatEndsAnotherOnesListeningIsNoneOfIt) {
  const auto id = bench.start()->id;
  EXPECT_EQ(send(event("other", "closed", "o2")), EventReceipt::kKept);
  EXPECT_EQ(order("a"), EventReceipt::kTaken);
  EXPECT_EQ(bench.state_in_store(id).phase, saga::Phase::kWaiting);
  EXPECT_EQ(close(), EventReceipt::kTaken);
  EXPECT_EQ(bench.state_in_store(id).output.text(), R"(["0:a"])");
}

TEST_F(EngineForEach, AFloodEndsIt) {
  hold();
  const auto id = bench.start()->id;
  for (std::size_t n = 0; n <= limits::kListenEventsMax; ++n) order(std::to_string(n));
  EXPECT_EQ(bench.state_in_store(id).phase, saga::Phase::kRunning);  // its call is awaited
  release();
  restart();
  bench.advance(std::chrono::seconds(60));
  const auto state = bench.state_in_store(id);
  EXPECT_EQ(state.outcome, saga::Outcome::kCompensated);
  EXPECT_THAT(dump_json(state.error.json()), testing::HasSubstr("more than 500 events"));
}

TEST(EngineForEachReplay, UndoesWhatItTookOverWithTheEventsOfTheOriginal) {
  RuntimeBench bench({}, R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
saga: { compensation: { triggers: [cancel] } }
do:
  - orders:
      listen: { to: { any: [ { with: { type: ordered } } ], until: ( . | length ) == 2 } }
      foreach:
        item: order
        do: [ { charge: { call: payments.charge, with: { order: '${ $order }' }, compensate: { call: payments.refund, with: { orderId: '${ $order }', place: '${ $index }' } } } } ]
  - look: { call: shipping.ship, with: {} }
  - hold: { wait: PT1H }
)");
  bool refuses = true;
  bench.script.set_rule([&](const auto& call) -> std::optional<saga::Answer> {
    return call.step == "look" && refuses ? refused(409) : done();
  });
  const auto id = bench.start()->id;
  for (const char* name : {"a", "b"}) {
    bench.engine().accept_event(event(name, "ordered", name), [](auto) {});
    bench.settle();
  }
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kFaulted);
  refuses = false;
  const auto replay = bench.replay({.original = id, .from = "failed", .reason = "again", .actor = "ann"});
  ASSERT_TRUE(replay) << to_text(replay.error());
  bench.settle();
  EXPECT_EQ(bench.state_in_store(replay->id).phase, saga::Phase::kWaiting);
  ASSERT_TRUE(bench.command(replay->id, {.actor = "ann", .what = saga::CancelExecution{"enough"}}));
  bench.advance(std::chrono::seconds(10));
  EXPECT_EQ(bench.state_in_store(replay->id).outcome, saga::Outcome::kCancelled);
  std::vector<std::string> undone;
  for (const auto& call : bench.script.calls()) {
    if (call.action == saga::Action::kCompensate) undone.push_back(call.request->target + call.request->body);
  }
  EXPECT_THAT(undone, ElementsAre(R"(/refunds{"orderId":"b","place":1})", R"(/refunds{"orderId":"a","place":0})"));
}

TEST(EngineForEachReplay, ReadsTheEventsAsTheOriginalDid) {
  const auto version = [](const char* number, const char* to) {
    return fmt::format(R"(
document: {{ dsl: '1.0.3', namespace: shop, name: checkout, version: '{}' }}
saga: {{ compensation: {{ triggers: [cancel] }} }}
do:
  - orders:
      listen: {{ to: {} }}
      foreach:
        do: [ {{ charge: {{ call: payments.charge, with: {{ order: '${{ $item }}' }}, compensate: {{ call: payments.refund, with: {{ orderId: '${{ $item }}' }} }} }} }} ]
  - look: {{ call: shipping.ship, with: {{}} }}
  - hold: {{ wait: PT1H }}
)",
                       number, to);
  };
  const auto first = version(
      "1.0.0", "{ any: [ { with: { type: ordered } }, { with: { type: closed } } ], until: ( . | length ) == 2 }");
  const auto second =
      version("2.0.0", "{ any: [ { with: { type: ordered } } ], until: { one: { with: { type: closed } } } }");
  RuntimeBench bench({}, first.c_str());
  bench.script.set_rule([](const auto& call) { return call.step == "look" ? refused(409) : done(); });
  const auto id = bench.start()->id;
  for (const char* type : {"ordered", "closed"}) {
    bench.engine().accept_event(event(type, type, type), [](auto) {});
    bench.settle();
  }
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kFaulted);
  bench.script.set_rule([](const auto&) { return done(); });
  ASSERT_TRUE(bench.definitions().add(second, "api", runtime::Replace::kNo, true)->registered.has_value());
  const auto replay =
      bench.replay({.original = id, .from = "failed", .version = "2.0.0", .reason = "again", .actor = "ann"});
  ASSERT_TRUE(replay) << to_text(replay.error());
  bench.settle();
  EXPECT_EQ(find_step(bench.state_in_store(replay->id), "orders")->items.text(), R"(["ordered","closed"])");
  ASSERT_TRUE(bench.command(replay->id, {.actor = "ann", .what = saga::CancelExecution{"enough"}}));
  bench.advance(std::chrono::seconds(10));
  EXPECT_EQ(bench.state_in_store(replay->id).outcome, saga::Outcome::kCancelled);
  std::vector<std::string> undone;
  for (const auto& call : bench.script.calls()) {
    if (call.action == saga::Action::kCompensate) undone.push_back(call.request->body);
  }
  EXPECT_THAT(undone, ElementsAre(R"({"orderId":"closed"})", R"({"orderId":"ordered"})"));
}

TEST(EngineForEachReplay, DoesNotBeginInsideWhatListenedWithoutSteps) {
  const char* const plain = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - orders: { listen: { to: { one: { with: { type: ordered } } } } }
  - look: { call: shipping.ship, with: {} }
)";
  RuntimeBench bench({}, plain);
  bench.script.set_rule([](const auto&) { return refused(409); });
  const auto id = bench.start()->id;
  bench.engine().accept_event(event("a", "ordered", "a"), [](auto) {});
  bench.settle();
  ASSERT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kFaulted);
  std::string each = plain;
  each.replace(each.find("1.0.0"), 5, "2.0.0");
  each.replace(each.find(" } } } } }\n"), 9,
               " } } } }, foreach: { do: [ { tell: { call: shipping.ship, with: {} } } ] }");
  ASSERT_TRUE(bench.definitions().add(each, "api", runtime::Replace::kNo, true)->registered.has_value());
  runtime::ReplayCommand command{
      .original = id, .from = "orders.tell", .version = "2.0.0", .reason = "again", .actor = "ann"};
  EXPECT_EQ(bench.replay(command).error().code, "replay.unknown_step");
  command.from = "failed";
  bench.script.set_rule([](const auto&) { return done(); });
  const auto replay = bench.replay(command);
  ASSERT_TRUE(replay) << to_text(replay.error());
  EXPECT_EQ(bench.run_to_end(replay->id).outcome, saga::Outcome::kCompleted);
}

}  // namespace
}  // namespace skald::test
