// What a process that died leaves behind is finished by the next one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

void restart(RuntimeBench& bench) {
  bench.kill_process();
  bench.clock.advance(2s);
  bench.start_process();
}

// Runs one order and kills the process when `crash_at` appends have been made, before or after the store took the last
// one. Returns false when the order ended without that many.
bool crash_at_append(std::size_t crash_at, bool written, bool ship_refuses) {
  SCOPED_TRACE(testing::Message() << "append " << crash_at << (written ? " written" : " lost"));
  RuntimeBench bench;
  bench.script.set_rule([&](const auto& call) { return ship_refuses && call.step == "ship" ? refused() : done(); });
  std::optional<ExecutionId> id;
  bench.engine().start(RuntimeBench::order("k"), [&](auto started) { id = started->id; });
  std::size_t appends = 0;
  bool crashed = false;
  while (!crashed) {
    const bool moved = bench.step(false);
    if (bench.store.queued() == 0) {
      if (!moved) break;
      continue;
    }
    crashed = ++appends == crash_at;
    if (!crashed || written) bench.store.deliver();
  }
  if (!crashed) return false;
  restart(bench);
  // The client asks again with its key: whether or not the first start was written, there is one execution.
  const auto again = bench.start(RuntimeBench::order("k"));
  EXPECT_TRUE(again.has_value());
  if (id) EXPECT_EQ(again->id, *id);
  const auto state = bench.run_to_end(again->id);
  EXPECT_EQ(state.outcome, ship_refuses ? saga::Outcome::kCompensated : saga::Outcome::kCompleted);
  // The same key means the same body, and no step is called before its predecessor.
  std::map<std::string, std::string> bodies;
  std::vector<std::string> order;
  for (const auto& call : bench.script.calls()) {
    const auto [it, fresh] = bodies.emplace(call.key, call.request->body);
    EXPECT_EQ(it->second, call.request->body);
    if (fresh) order.push_back(call.key.substr(call.key.find('/') + 1));
  }
  const std::vector<std::string> forward{"charge", "reserve", "ship"};
  EXPECT_TRUE(std::equal(forward.begin(), forward.end(), order.begin()));
  return true;
}

TEST(EngineRecovery, FinishesAfterACrashAtEveryAppend) {
  for (const bool ship_refuses : {false, true}) {
    for (const bool written : {false, true}) {
      std::size_t crash_at = 1;
      while (crash_at_append(crash_at, written, ship_refuses)) ++crash_at;
      EXPECT_EQ(crash_at - 1, ship_refuses ? 6u : 4u);
    }
  }
}

TEST(EngineRecovery, RepeatsALostCallUnderItsKeyInANewAttempt) {
  RuntimeBench bench;
  bench.script.set_rule([](const auto& call) -> std::optional<saga::Answer> {
    if (call.step == "reserve" && call.attempt == 1) return std::nullopt;
    return done();
  });
  const auto id = bench.start()->id;
  restart(bench);
  EXPECT_EQ(bench.run_to_end(id).outcome, saga::Outcome::kCompleted);
  EXPECT_THAT(bench.script.steps(), ElementsAre("charge", "reserve", "reserve", "ship"));
  EXPECT_EQ(bench.script.calls()[1].key, bench.script.calls()[2].key);
  EXPECT_EQ(bench.script.calls()[2].attempt, 2u);
  EXPECT_EQ(bench.telemetry.attempts["reserve execute lost"], 1);
}

TEST(EngineRecovery, TakesStartsWhileItResumes) {
  RuntimeBench bench({.recovery_ramp = 5s});
  bench.script.set_rule([](const auto&) { return std::nullopt; });
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(bench.start().has_value());
  bench.script.set_rule([](const auto&) { return done(); });
  bench.kill_process();
  bench.start_process();
  bench.settle();
  EXPECT_TRUE(bench.engine().health().recovering);
  const auto started = bench.start();
  EXPECT_EQ(bench.view(started->id)->outcome, saga::Outcome::kCompleted);
  EXPECT_LT(bench.telemetry.finished["completed"], 50);
}

TEST(EngineRecovery, SpreadsWhatItResumesOverTheRamp) {
  RuntimeBench bench({.recovery_ramp = 1s, .recovery_concurrency = 8});
  bench.script.set_rule([](const auto&) { return std::nullopt; });
  for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(bench.start().has_value());
  bench.kill_process();
  bench.start_process();
  const auto calls_before = bench.script.calls().size();
  bench.settle();
  EXPECT_LT(bench.script.calls().size() - calls_before, 100u);
  bench.advance(500ms, 10ms);
  const auto halfway = bench.script.calls().size() - calls_before;
  EXPECT_GT(halfway, 800u);
  EXPECT_LT(halfway, 1'200u);
  bench.advance(600ms, 10ms);
  EXPECT_EQ(bench.script.calls().size() - calls_before, 2'000u);
  EXPECT_FALSE(bench.engine().health().recovering);
}

TEST(EngineRecovery, ShowsHowLongTheOldestWaitsToBeLoaded) {
  RuntimeBench bench({.recovery_ramp = 10s, .recovery_concurrency = 1});
  bench.script.set_rule([](const auto&) { return std::nullopt; });
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(bench.start().has_value());
  bench.kill_process();
  bench.start_process();
  bench.settle();
  bench.reads_stall = true;
  bench.advance(30s);
  EXPECT_GT(bench.telemetry.oldest_wait, 20s);
  EXPECT_LT(bench.telemetry.oldest_wait, 31s);
  bench.reads_stall = false;
  bench.advance(2s);
  EXPECT_EQ(bench.telemetry.oldest_wait, 0s);
}

TEST(EngineRecovery, LoadsAnExecutionForACommand) {
  RuntimeBench bench({.recovery_ramp = 60s});
  bench.script.set_rule([](const auto& call) -> std::optional<saga::Answer> {
    if (call.step == "ship") return std::nullopt;
    return done();
  });
  const auto id = bench.start()->id;
  restart(bench);
  const auto state = bench.command(id, {.actor = "ann", .what = saga::TerminateExecution{.reason = "test"}});
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ((*state)->outcome, saga::Outcome::kTerminated);
  EXPECT_EQ(bench.in_memory(), 0u);
}

// An execution whose history gets this row at its end, beside a healthy one; then the process is started anew.
struct Broken {
  ExecutionId id;
  ExecutionId healthy;
};
Broken start_with_bad_row(RuntimeBench& bench, ports::HistoryRow row) {
  bench.script.set_rule([](const auto&) { return std::nullopt; });
  const auto healthy = bench.start()->id;
  const auto broken = bench.start()->id;
  bench.write(broken, std::move(row));
  bench.script.set_rule([](const auto&) { return done(); });
  bench.kill_process();
  bench.start_process();
  return {.id = broken, .healthy = healthy};
}

TEST(EngineRecovery, SetsAsideWhatItCannotRead) {
  RuntimeBench bench;
  const auto [broken, healthy] = start_with_bad_row(bench, {.kind = "StepTeleported"});
  EXPECT_EQ(bench.run_to_end(healthy).outcome, saga::Outcome::kCompleted);
  EXPECT_TRUE(bench.log.contains("cannot be read"));
  const auto refused = bench.command(broken, {.actor = "ann", .what = saga::CancelExecution{}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "history.unknown_kind");
}

// Its history cannot be read by the process that is started then.
ExecutionId start_and_tear(RuntimeBench& bench) {
  bench.script.set_rule([](const auto&) { return std::nullopt; });
  const auto id = bench.start()->id;
  bench.script.set_rule([](const auto&) { return done(); });
  bench.store.torn.insert(id);
  restart(bench);
  bench.settle();
  return id;
}

// What a newer version wrote is no incident before a newer node had the time to take it over; anything else is at once.
TEST(EngineRecovery, WhatCannotBeReadIsAnOpenIncident) {
  RuntimeBench bench;
  const auto [unknown, healthy] = start_with_bad_row(bench, {.kind = "StepTeleported"});
  bench.settle();
  EXPECT_EQ(bench.row(unknown).open_incidents, 0u);
  bench.advance(61s);
  EXPECT_EQ(bench.row(unknown).open_incidents, 1u);
  EXPECT_EQ(bench.telemetry.standing[unknown], 1u);
  EXPECT_EQ(bench.row(healthy).open_incidents, 0u);

  const auto torn = start_and_tear(bench);
  EXPECT_EQ(bench.row(torn).open_incidents, 1u);
}

TEST(EngineRecovery, WhatCannotBeReadCanBeTerminated) {
  RuntimeBench bench;
  const auto broken = start_and_tear(bench);
  const auto end = bench.command(broken, {.actor = "ann", .what = saga::TerminateExecution{.reason = "torn"}});
  ASSERT_TRUE(end.has_value()) << to_text(end.error());
  EXPECT_EQ((*end)->outcome, saga::Outcome::kTerminated);
  EXPECT_EQ((*end)->compensation.state, saga::CompensationState::kIncomplete);
  const auto row = bench.row(broken);
  EXPECT_EQ(row.phase, "cancelled");
  EXPECT_EQ(row.outcome, "terminated");
  EXPECT_EQ(row.status, "CREATED");
  EXPECT_EQ(row.open_incidents, 0u);
  EXPECT_FALSE(row.wake_at.has_value());
  EXPECT_EQ(bench.telemetry.standing[broken], 0u);
  EXPECT_EQ(bench.in_memory(), 0u);
  restart(bench);
  bench.settle();
  EXPECT_EQ(bench.in_memory(), 0u);
}

TEST(EngineRecovery, EveryWordOnWhatCannotBeReadIsAnswered) {
  RuntimeBench bench;
  const auto id = start_and_tear(bench);
  int answered = 0;
  for (int i = 0; i < 5; ++i) {
    bench.engine().command(id, {.actor = "ann", .what = saga::TerminateExecution{.reason = "torn"}},
                           [&](const auto&) { ++answered; });
    bench.step(i % 2 == 0);
  }
  bench.settle();
  EXPECT_EQ(answered, 5);
  EXPECT_EQ(bench.row(id).outcome, "terminated");
  EXPECT_EQ(bench.in_memory(), 0u);
}

// The word comes first, and finds nothing in memory.
TEST(EngineRecovery, WhatCannotBeReadIsTerminatedAtTheFirstWordAndOnce) {
  RuntimeBench bench({.recovery_ramp = 60s});
  bench.script.set_rule([](const auto&) { return std::nullopt; });
  const auto id = bench.start()->id;
  bench.store.torn.insert(id);
  restart(bench);
  const saga::Input terminate{.actor = "ann", .what = saga::TerminateExecution{.reason = "torn"}};
  ASSERT_TRUE(bench.command(id, terminate).has_value());
  const auto row = bench.row(id);
  EXPECT_EQ(bench.command(id, terminate).error().code, "execution.ended");
  EXPECT_EQ(bench.row(id), row);
  EXPECT_EQ(bench.in_memory(), 0u);
  EXPECT_FALSE(bench.command(id, {.actor = "ann", .what = saga::CancelExecution{}}).has_value());
  bench.settle();
  EXPECT_EQ(bench.in_memory(), 0u);
}

TEST(EngineRecovery, WhatIsSetAsideIsTriedAgain) {
  RuntimeBench bench;
  const auto broken = start_and_tear(bench);
  ASSERT_EQ(bench.row(broken).open_incidents, 1u);
  bench.store.torn.clear();
  bench.advance(61s);
  EXPECT_EQ(bench.run_to_end(broken).outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(bench.row(broken).open_incidents, 0u);
  EXPECT_EQ(bench.telemetry.standing[broken], 0u);
}

TEST(EngineRecovery, WhatMakesTheProcessDieIsNotTakenInHandAgain) {
  RuntimeBench bench;
  bench.script.set_rule([](const auto&) { return std::nullopt; });
  const auto id = bench.start()->id;
  EXPECT_TRUE(bench.in_hand.taken.contains(id));
  bench.in_hand.suspected.insert(id);
  bench.in_hand.taken.clear();
  restart(bench);
  bench.settle();
  EXPECT_EQ(bench.view(id).error().code, "execution.suspected");
  EXPECT_EQ(bench.row(id).open_incidents, 1u);
  EXPECT_EQ(bench.command(id, {.actor = "ann", .what = saga::CancelExecution{}}).error().code, "execution.suspected");
  const auto end = bench.command(id, {.actor = "ann", .what = saga::TerminateExecution{.reason = "poison"}});
  ASSERT_TRUE(end.has_value()) << to_text(end.error());
  EXPECT_EQ((*end)->outcome, saga::Outcome::kTerminated);
  EXPECT_FALSE(bench.in_hand.taken.contains(id));
}

TEST(EngineRecovery, TellsWhatIsOverdue) {
  RuntimeBench bench;
  bench.script.set_rule([](const auto&) { return unknown(); });
  const auto id = bench.start()->id;  // tried again in a second
  bench.advance(500ms);
  bench.store.torn.insert(id);
  bench.kill_process();
  bench.start_process();
  bench.advance(30s);
  EXPECT_EQ(bench.telemetry.overdue, 0u);
  bench.advance(40s);
  EXPECT_EQ(bench.telemetry.overdue, 1u);
  bench.store.torn.clear();
  bench.script.set_rule([](const auto&) { return done(); });
  bench.advance(121s);
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(bench.telemetry.overdue, 0u);
}

TEST(EngineRecovery, QuarantinesWhatItCannotAdvance) {
  RuntimeBench bench;
  // A step that the definition does not have.
  const auto [broken, healthy] =
      start_with_bad_row(bench, {.kind = "StepStarted",
                                 .step = "ghost",
                                 .data = R"({"request":{"adapter":"payments","operation":"charge","method":"POST",)"
                                         R"("target":"/charges","body":""}})"});
  EXPECT_EQ(bench.run_to_end(healthy).outcome, saga::Outcome::kCompleted);
  EXPECT_TRUE(bench.log.contains("could not be advanced"));
  ASSERT_EQ(bench.view(broken)->phase, saga::Phase::kSuspended);
  EXPECT_EQ(bench.view(broken)->incidents.at(0).kind, saga::IncidentKind::kQuarantined);
  EXPECT_THAT(bench.view(broken)->incidents.at(0).error.text(), HasSubstr("ghost"));
  EXPECT_EQ(bench.row(broken).open_incidents, 1u);

  // A word of the operator's does not help as long as the cause is there: it is the same again.
  const saga::Input retry{.actor = "ann", .what = saga::ResolveIncident{.number = 1}};
  EXPECT_EQ(bench.command(broken, retry).error().code, "engine.internal");
  EXPECT_EQ(bench.view(broken)->phase, saga::Phase::kSuspended);
  const auto lines = bench.log.lines.size();
  bench.advance(23h);
  EXPECT_EQ(bench.log.lines.size(), lines);

  const auto end = bench.command(broken, {.actor = "ann", .what = saga::TerminateExecution{.reason = "no cure"}});
  ASSERT_TRUE(end.has_value()) << to_text(end.error());
  EXPECT_EQ((*end)->outcome, saga::Outcome::kTerminated);
  EXPECT_EQ((*end)->compensation.state, saga::CompensationState::kIncomplete);
}

TEST(EngineRecovery, SaysInTheLogWhatWaitsForAnOperator) {
  RuntimeBench bench;
  bench.script.set_rule([](const auto& call) {
    return call.step == "ship" || call.action == saga::Action::kCompensate ? refused() : done();
  });
  const auto id = bench.start()->id;
  ASSERT_EQ(bench.view(id)->phase, saga::Phase::kSuspended);
  EXPECT_THAT(bench.log.lines, ElementsAre("an execution waits for an operator"));
  bench.log.lines.clear();
  restart(bench);
  bench.settle();
  EXPECT_THAT(bench.log.lines, ElementsAre("an execution waits for an operator"));
}

TEST(EngineRecovery, KnowsNoExecutionThatIsNotThere) {
  RuntimeBench bench;
  const auto id = make_execution_id(from_millis(1), 2, 3);
  EXPECT_EQ(bench.command(id, {.actor = "ann", .what = saga::CancelExecution{}}).error().code, "execution.unknown");
  EXPECT_EQ(bench.view(id).error().code, "execution.unknown");
  EXPECT_EQ(bench.in_memory(), 0u);
}

}  // namespace
}  // namespace skald::test
