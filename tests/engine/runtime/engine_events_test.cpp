// Events and callbacks in a whole engine: before and after somebody listens, twice, across a crash, too many.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/limits.hpp"
#include "engine/saga/callback_token.hpp"
#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using runtime::EventReceipt;
using testing::ElementsAre;

const char* const kPaidByWebhook = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - charge: { call: payments.charge, with: {}, compensate: { call: payments.refund, with: { orderId: o1 } } }
  - awaitPayment:
      listen:
        to:
          one:
            with: { type: paid }
            correlate: { order: { from: .data.orderId, expect: '${ $workflow.input.orderId }' } }
      timeout: { after: PT30M }
output: { as: '${ .[0].amount }' }
)";

std::string paid(const std::string& id, const std::string& order = "o1", int amount = 5) {
  return dump_json({{"specversion", "1.0"},
                    {"id", id},
                    {"source", "psp"},
                    {"type", "paid"},
                    {"data", {{"orderId", order}, {"amount", amount}}}});
}

Result<EventReceipt> receipt_of(const Result<runtime::EventAnswer>& told) {
  if (!told) return std::unexpected(told.error());
  return told->receipt;
}

class EngineEvents : public testing::Test {
 protected:
  Result<EventReceipt> send(const std::string& event) {
    std::optional<Result<EventReceipt>> answer;
    bench.engine().accept_event(event, [&](const Result<runtime::EventAnswer>& told) { answer = receipt_of(told); });
    bench.settle();
    return answer.value_or(failure("test", "no answer"));
  }

  void hold() {
    bench.script.set_rule([](const auto&) { return std::nullopt; });
  }
  void release() {
    bench.script.set_rule([](const auto&) { return done(); });
  }

  RuntimeBench bench{{}, kPaidByWebhook};
};

TEST_F(EngineEvents, AnEventWakesWhoListens) {
  const auto id = bench.start()->id;
  bench.advance(std::chrono::minutes(1), std::chrono::seconds(1));
  EXPECT_EQ(bench.in_memory(), 0u);
  EXPECT_EQ(bench.row(id).phase, "waiting");
  EXPECT_TRUE(bench.row(id).resting);
  EXPECT_EQ(send(paid("1", "o2")).value(), EventReceipt::kKept);
  EXPECT_EQ(bench.row(id).phase, "waiting");
  EXPECT_EQ(send(paid("2")).value(), EventReceipt::kTaken);
  const auto state = bench.state_in_store(id);
  EXPECT_EQ(state.outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(state.output.text(), "5");
  EXPECT_EQ(send(paid("2")).value(), EventReceipt::kDuplicate);
  EXPECT_EQ(send(paid("3")).value(), EventReceipt::kKept);
  EXPECT_EQ(send(R"({"specversion":"1.0","id":"1","source":"psp","type":"shipped"})").value(), EventReceipt::kIgnored);
}

TEST_F(EngineEvents, AnEventMayComeBeforeItIsListenedFor) {
  hold();
  const auto id = bench.start()->id;
  EXPECT_EQ(send(paid("1")).value(), EventReceipt::kKept);
  release();
  bench.settle();
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
}

TEST_F(EngineEvents, AnEventMayComeBeforeItsExecution) {
  EXPECT_EQ(send(paid("1")).value(), EventReceipt::kKept);
  bench.advance(std::chrono::minutes(1), std::chrono::seconds(1));
  EXPECT_EQ(bench.state_in_store(bench.start()->id).outcome, saga::Outcome::kCompleted);
}

TEST(EngineEventsWithoutKey, AreForThoseWhoAreThere) {
  RuntimeBench bench({}, R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do: [ { one: { listen: { to: { one: { with: { type: paid } } } } } }, { two: { listen: { to: { one: { with: { type: paid } } } } } } ]
)");
  const auto send = [&](const std::string& event) {
    bench.engine().accept_event(event, [](auto) {});
    bench.settle();
  };
  send(paid("1"));
  bench.advance(std::chrono::minutes(1), std::chrono::seconds(1));
  const auto id = bench.start()->id;
  EXPECT_EQ(bench.state_in_store(id).phase, saga::Phase::kWaiting);
  // What one step has taken is not there for the next one.
  send(paid("2"));
  send(paid("2"));
  EXPECT_EQ(bench.state_in_store(id).phase, saga::Phase::kWaiting);
  send(paid("3"));
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
}

TEST_F(EngineEvents, ACrashBetweenAnEventAndItsTakersLosesNothing) {
  const auto id = bench.start()->id;
  // It is stored, and its process ends before anybody has it.
  bench.engine().accept_event(paid("1"), [](auto) {});
  while (bench.store.list_new_events(Timestamp::max(), 0, 1)->empty()) ASSERT_TRUE(bench.step(false));
  bench.kill_process();
  EXPECT_EQ(bench.state_in_store(id).phase, saga::Phase::kWaiting);
  bench.clock.advance(Millis(1));
  bench.start_process();
  bench.advance(std::chrono::seconds(10));
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
  EXPECT_TRUE(bench.store.list_new_events(Timestamp::max(), 0, 1)->empty());
}

TEST_F(EngineEvents, ACrashBetweenListeningAndLookingLosesNothing) {
  hold();
  const auto id = bench.start()->id;
  EXPECT_EQ(send(paid("1")).value(), EventReceipt::kKept);
  bench.reads_stall = true;
  release();
  bench.settle();
  EXPECT_EQ(bench.state_in_store(id).phase, saga::Phase::kWaiting);
  EXPECT_FALSE(bench.row(id).resting);
  bench.kill_process();
  bench.reads_stall = false;
  bench.start_process();
  bench.advance(std::chrono::seconds(10));
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
}

TEST_F(EngineEvents, OneEventIsForAllWhoListen) {
  std::vector<ExecutionId> ids;
  for (int i = 0; i < 250; ++i) ids.push_back(bench.start()->id);
  EXPECT_EQ(send(paid("1")).value(), EventReceipt::kTaken);
  bench.settle();
  for (const auto& id : ids) ASSERT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
}

TEST_F(EngineEvents, OneThatCannotBeReadHoldsUpNoOther) {
  const auto broken = bench.start()->id;
  const auto well = bench.start()->id;
  bench.advance(std::chrono::minutes(1), std::chrono::seconds(1));
  bench.store.torn.insert(broken);
  EXPECT_EQ(send(paid("1")).value(), EventReceipt::kTaken);
  EXPECT_EQ(bench.state_in_store(well).outcome, saga::Outcome::kCompleted);
  // It is offered again until that one can be asked.
  bench.store.torn.clear();
  bench.advance(std::chrono::minutes(5), std::chrono::seconds(1));
  EXPECT_EQ(bench.state_in_store(broken).outcome, saga::Outcome::kCompleted);
  EXPECT_TRUE(bench.store.list_new_events(Timestamp::max(), 0, 1)->empty());
}

TEST_F(EngineEvents, WhateverACrashHasLeftIsOffered) {
  bench.kill_process();
  for (int n = 0; n < 250; ++n) {
    const auto stored = bench.store.put_event({.source = "psp",
                                               .id = std::to_string(n),
                                               .envelope = paid(std::to_string(n), "nobody"),
                                               .received_at = bench.clock.now(),
                                               .keys = {{"shape", "[]"}}});
    ASSERT_TRUE(stored);
  }
  bench.clock.advance(Millis(1));
  bench.start_process();
  bench.settle();
  EXPECT_TRUE(bench.store.list_new_events(Timestamp::max(), 0, 1)->empty());
  EXPECT_EQ(bench.store.count_kept_events().value(), 250u);
}

TEST_F(EngineEvents, AListenTakesNoMoreThanItsMost) {
  RuntimeBench greedy({}, R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do: [ { all: { listen: { to: { any: [ { with: { type: paid } } ], until: 'false' } } } } ]
)");
  const auto id = greedy.start()->id;
  for (std::size_t n = 0; n <= limits::kListenEventsMax; ++n) {
    greedy.engine().accept_event(paid(std::to_string(n)), [](auto) {});
    greedy.settle();
  }
  const auto state = greedy.state_in_store(id);
  EXPECT_EQ(state.outcome, saga::Outcome::kFaulted);
  EXPECT_THAT(dump_json(state.error.json()), testing::HasSubstr("more than 500 events"));
}

class EngineEventsHeld : public testing::Test {
 protected:
  static std::string listening_until(const std::string& until) {
    return R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do: [ { all: { listen: { to: { any: [ { with: { type: paid } } ], until: ')" +
           until + R"(' } }, onError: suspend } } ]
)";
  }

  ExecutionId begin(const std::string& until) {
    yaml_ = listening_until(until);
    bench.emplace(runtime::EngineOptions{}, yaml_.c_str());
    return bench->start()->id;
  }

  using Fates = std::map<EventReceipt, int>;

  // Of which 17 are just below 1 MiB.
  static constexpr std::size_t kBytes = 61'600;

  // What became of so many events, in a row: how many of each fate.
  Fates send(std::size_t count) {
    Fates fates;
    for (std::size_t n = 0; n < count; ++n) {
      Json event = {{"specversion", "1.0"}, {"id", std::to_string(sent_++)}, {"source", "psp"}, {"type", "paid"}};
      event["data"] = std::string(kBytes - dump_json(event).size(), 'x');
      bench->engine().accept_event(dump_json(event),
                                   [&](const Result<runtime::EventAnswer>& told) { ++fates[told.value().receipt]; });
      bench->settle();
    }
    return fates;
  }

  const saga::StepState& listener(const ExecutionId& id) {
    state_ = bench->state_in_store(id);
    return state_.root.children.front();
  }

  std::optional<RuntimeBench> bench;

 private:
  std::string yaml_;
  std::size_t sent_ = 0;
  saga::State state_;
};

TEST_F(EngineEventsHeld, WhoIsSuspendedTakesNoMoreThanItMayHaveAndTheRestWhenItIsResumed) {
  const auto id = begin("( . | length ) == 17");
  ASSERT_TRUE(bench->command(id, {.actor = "ann", .what = saga::SuspendExecution{"a look"}}));
  EXPECT_EQ(send(20), (Fates{{EventReceipt::kTaken, 16}, {EventReceipt::kKept, 4}}));
  bench->kill_process();
  bench->start_process();
  bench->settle();
  EXPECT_EQ(listener(id).events.size(), 16u);
  ASSERT_TRUE(bench->command(id, {.actor = "ann", .what = saga::ResumeExecution{}}));
  bench->settle();
  EXPECT_EQ(bench->state_in_store(id).outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(bench->store.count_kept_events().value(), 3u);
}

TEST_F(EngineEventsHeld, WhoIsParkedWithTooMuchTakesNothingMore) {
  const auto id = begin("false");
  EXPECT_EQ(send(25), (Fates{{EventReceipt::kTaken, 18}, {EventReceipt::kKept, 7}}));
  EXPECT_EQ(bench->state_in_store(id).phase, saga::Phase::kSuspended);
  const saga::ResolveIncident again{.number = 1, .resolution = saga::IncidentResolution::kRetry};
  EXPECT_EQ(bench->command(id, {.actor = "ann", .what = again}).error().code, "incident.not_retryable");
  EXPECT_EQ(send(1), (Fates{{EventReceipt::kKept, 1}}));
  EXPECT_EQ(listener(id).events.size(), 18u);
}

TEST_F(EngineEvents, TheTimeoutComesWhereNoEventDoes) {
  const auto id = bench.start()->id;
  bench.advance(std::chrono::minutes(31), std::chrono::seconds(10));
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompensated);
  EXPECT_EQ(send(paid("1")).value(), EventReceipt::kKept);
  EXPECT_THAT(bench.script.steps(), ElementsAre("charge", "charge/compensate"));
}

TEST_F(EngineEvents, WhoIsTerminatedListensNoMore) {
  const auto id = bench.start()->id;
  ASSERT_TRUE(bench.command(id, {.actor = "ann", .what = saga::TerminateExecution{"enough"}}));
  EXPECT_EQ(send(paid("1")).value(), EventReceipt::kKept);
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kTerminated);
}

TEST_F(EngineEvents, EventsAreForgottenAfterADay) {
  EXPECT_EQ(send(paid("1")).value(), EventReceipt::kKept);
  for (int n = 0; n < 1'200; ++n) {
    const auto stored = bench.store.put_event(
        {.source = "other", .id = std::to_string(n), .envelope = "{}", .received_at = bench.clock.now(), .keys = {}});
    ASSERT_TRUE(stored);
  }
  bench.advance(limits::kEventsRemembered + std::chrono::minutes(2), std::chrono::seconds(60));
  EXPECT_EQ(bench.store.count_kept_events().value(), 0u);
  EXPECT_EQ(send(paid("1")).value(), EventReceipt::kKept);
}

TEST(EngineEventsFlood, IsRefusedUntilSomeAreForgotten) {
  RuntimeBench bench({.events_kept_max = 3}, kPaidByWebhook);
  const auto id = bench.start()->id;
  bench.settle();
  const auto send = [&](const std::string& event) {
    std::optional<Result<EventReceipt>> answer;
    bench.engine().accept_event(event, [&](const Result<runtime::EventAnswer>& told) { answer = receipt_of(told); });
    bench.settle();
    return *answer;
  };
  for (const char* flood : {"1", "2", "3"}) EXPECT_EQ(send(paid(flood, "nobody")).value(), EventReceipt::kKept);
  EXPECT_EQ(send(paid("4", "nobody")).error().code, "events.full");
  EXPECT_EQ(send(paid("4", "nobody")).error().code, "events.full");
  // What somebody waits for gets through.
  EXPECT_EQ(send(paid("5")).value(), EventReceipt::kTaken);
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
  bench.advance(limits::kEventsRemembered + std::chrono::minutes(2), std::chrono::seconds(60));
  EXPECT_EQ(send(paid("4", "nobody")).value(), EventReceipt::kKept);
}

const char* const kCalledBack = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - charge: { call: payments.charge, with: { callback: '${ $callbacks.awaitPayment.url }' } }
  - awaitPayment: { listen: { to: { one: { with: { type: paid } } } }, timeout: { after: PT30M } }
)";

saga::Input callback(const saga::State& state, const std::string& step) {
  const auto token = *saga::parse_callback_token(saga::callback_token(state, step));
  return {.actor = {},
          .what = saga::CallbackArrived{
              .step = token.step, .mac = token.mac, .data = Payload::from_trusted_text("{\"ok\":true}")}};
}

TEST(EngineCallbacks, AnswerOnceAndSurviveACrash) {
  RuntimeBench bench({}, kCalledBack);
  const auto id = bench.start()->id;
  const auto before = bench.state_in_store(id);
  EXPECT_EQ(before.callback_secret.size(), 32u);
  bench.kill_process();
  bench.start_process();
  EXPECT_TRUE(bench.command(id, callback(before, "awaitPayment")));
  EXPECT_EQ(bench.state_in_store(id).output.text(), "[{\"ok\":true}]");
  EXPECT_EQ(bench.command(id, callback(before, "awaitPayment")).error().code, "callback.used");
  EXPECT_EQ(bench.command(id, callback(before, "charge")).error().code, "callback.used");
}

TEST(EngineCallbacks, EachExecutionHasItsOwn) {
  RuntimeBench bench({}, kCalledBack);
  const auto one = bench.state_in_store(bench.start()->id);
  const auto other = bench.state_in_store(bench.start()->id);
  EXPECT_NE(one.callback_secret, other.callback_secret);
  EXPECT_EQ(bench.command(other.id, callback(one, "awaitPayment")).error().code, "callback.unknown");
}

}  // namespace
}  // namespace skald::test
