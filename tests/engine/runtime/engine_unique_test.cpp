// saga.unique in a whole engine: starts of every kind that are about the same.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/engine/runtime/schedule_bench.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const char* const kUnique = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
saga: { unique: { key: $workflow.input.orderId, within: PT1H } }
do:
  - charge: { call: payments.charge, with: {}, compensate: { call: payments.refund, with: { orderId: o } } }
  - ship: { call: shipping.ship, with: {} }
)";

runtime::StartCommand about(const std::string& value, std::optional<std::string> request = std::nullopt) {
  return RuntimeBench::order(std::move(request), R"({"orderId":)" + value + "}");
}

class EngineUnique : public testing::Test {
 protected:
  void leave_unanswered(std::string_view step) {
    bench.script.set_rule(
        [step](const auto& call) { return call.step == step ? std::nullopt : std::optional(done()); });
  }
  void refuse(std::string_view step) {
    bench.script.set_rule([step](const auto& call) { return call.step == step ? refused(422) : done(); });
  }
  void expect_taken(runtime::StartCommand command, const ExecutionId& holder) {
    const auto count = bench.store.search({.limit = 500})->size();
    const auto refusal = bench.start(std::move(command));
    ASSERT_FALSE(refusal.has_value());
    EXPECT_EQ(refusal.error().code, "unique.taken");
    EXPECT_EQ(refusal.error().subject, to_string(holder));
    EXPECT_EQ(bench.store.search({.limit = 500})->size(), count) << "it left something behind";
  }
  void add(const char* yaml) {
    const auto added = bench.definitions().add(yaml, "file:test.yaml", runtime::Replace::kYes, true);
    ASSERT_TRUE(added && added->registered);
  }

  RuntimeBench bench{{}, kUnique};
};

TEST_F(EngineUnique, OneThatRunsOrHasCompletedRefusesAnother) {
  leave_unanswered("ship");
  const auto first = bench.start()->id;
  expect_taken(about(R"("o1")"), first);
  EXPECT_EQ(bench.in_memory(), 1u) << "of the refused one something is in memory";
  EXPECT_TRUE(bench.start(about(R"("o2")")).has_value());
  bench.script.set_rule([](const auto&) { return done(); });
  const auto third = bench.start(about(R"("o3")"))->id;
  ASSERT_EQ(bench.run_to_end(third).outcome, saga::Outcome::kCompleted);
  bench.advance(std::chrono::minutes(59), std::chrono::seconds(10));
  expect_taken(about(R"("o3")"), third);
  bench.advance(std::chrono::minutes(2), std::chrono::seconds(10));
  EXPECT_TRUE(bench.start(about(R"("o3")")).has_value()) << "counted from the start of the earlier one";
}

TEST_F(EngineUnique, AnEndThatIsNotCompletedFreesTheKeyAtOnce) {
  refuse("ship");
  const auto compensated = bench.start()->id;
  ASSERT_EQ(bench.run_to_end(compensated).outcome, saga::Outcome::kCompensated);
  refuse("charge");
  const auto faulted = bench.start();
  ASSERT_TRUE(faulted.has_value());
  ASSERT_EQ(bench.run_to_end(faulted->id).outcome, saga::Outcome::kFaulted);
  leave_unanswered("ship");
  const auto terminated = bench.start();
  ASSERT_TRUE(terminated.has_value());
  expect_taken(about(R"("o1")"), terminated->id);
  ASSERT_TRUE(bench.command(terminated->id, {.actor = "ann", .what = saga::SuspendExecution{}}).has_value());
  expect_taken(about(R"("o1")"), terminated->id);
  ASSERT_TRUE(bench.command(terminated->id, {.actor = "ann", .what = saga::TerminateExecution{}}).has_value());
  EXPECT_TRUE(bench.start().has_value());
}

TEST_F(EngineUnique, ARepeatedRequestIsAnsweredBeforeTheKeyIsLookedAt) {
  const auto first = bench.start(about(R"("o1")", "r1"));
  const auto again = bench.start(about(R"("o1")", "r1"));
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->existing);
  EXPECT_EQ(again->id, first->id);
  expect_taken(about(R"("o1")", "r2"), first->id);
}

// The workflow has been replaced since by one that refuses such an input.
TEST_F(EngineUnique, ARepeatedRequestIsAnsweredWhereItsInputWouldBeRefusedNow) {
  const auto first = bench.start(about(R"("o1")", "r1"));
  ASSERT_TRUE(first.has_value());
  const std::pair<const char*, const char*> refusals[] = {
      {"unique.invalid", "saga: { unique: { key: $workflow.input.orderId.number, within: PT1H } }\n"},
      {"input.invalid", "input: { schema: { document: { type: object, required: [number] } } }\n"}};
  for (const auto& [code, keys] : refusals) {
    add(fmt::format("document: {{ dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }}\n{}"
                    "do:\n  - ship: {{ call: shipping.ship, with: {{}} }}\n",
                    keys)
            .c_str());
    const auto again = bench.start(about(R"("o1")", "r1"));
    ASSERT_TRUE(again.has_value()) << to_text(again.error());
    EXPECT_TRUE(again->existing);
    EXPECT_EQ(again->id, first->id);
    EXPECT_EQ(bench.start(about(R"("o1")", "r2")).error().code, code);
    EXPECT_EQ(bench.start(about(R"("o1")")).error().code, code);
    auto other = about(R"("o1")", "r1");
    other.fingerprint = "another body";
    EXPECT_EQ(bench.start(other).error().code, "idempotency.mismatch");
  }
}

TEST_F(EngineUnique, AStartOfUnknownFateIsNotRefusedByItself) {
  for (const bool written : {false, true}) {
    const std::string order = written ? R"("w")" : R"("l")";
    bench.store.fail_next(ports::Verdict::kUnknown, written);
    const auto first = bench.start(about(order, "r" + order));
    ASSERT_EQ(first.has_value(), written);
    const auto again = bench.start(about(order, "r" + order));
    ASSERT_TRUE(again.has_value()) << to_text(again.error());
    EXPECT_EQ(again->existing, written);
  }
}

TEST_F(EngineUnique, TheKeyIsAnyValueInOneForm) {
  const auto first = bench.start(about(R"({"b":1,"a":[2.0,"x"]})"))->id;
  expect_taken(about(R"({"a":[2,"x"],"b":1.0})"), first);
  EXPECT_TRUE(bench.start(about(R"({"a":["2","x"],"b":1})")).has_value());
  EXPECT_TRUE(bench.start(about("1")).has_value());
  EXPECT_TRUE(bench.start(about(R"("1")")).has_value());
  EXPECT_TRUE(bench.start(about("false")).has_value());
  EXPECT_FALSE(bench.start(about("false")).has_value());
  EXPECT_TRUE(bench.start(about(R"("")")).has_value());
  EXPECT_FALSE(bench.start(about(R"("")")).has_value());
  const std::string text(1'000, 'x');
  const auto of_long = bench.start(about('"' + text + '"'))->id;
  expect_taken(about('"' + text + '"'), of_long);
  EXPECT_TRUE(bench.start(about('"' + text + "y\"")).has_value());
  const auto stored = bench.store.read_execution(of_long)->created.unique;
  EXPECT_THAT(stored->key, testing::StartsWith("sha256:"));
  EXPECT_EQ(stored->key.size(), 7u + 64u);
}

TEST_F(EngineUnique, NullIsNoKey) {
  EXPECT_TRUE(bench.start(about("null")).has_value());
  EXPECT_TRUE(bench.start(about("null")).has_value());
  EXPECT_TRUE(bench.start(RuntimeBench::order(std::nullopt, "{}")).has_value());
}

TEST_F(EngineUnique, AnInputThatNoKeyCanBeMadeOfIsRefused) {
  const auto refusal = bench.start(RuntimeBench::order(std::nullopt, "[1]"));
  ASSERT_FALSE(refusal.has_value());
  EXPECT_EQ(refusal.error().code, "unique.invalid");
  EXPECT_THAT(refusal.error().message, HasSubstr("saga.unique makes no key of this input"));
  EXPECT_EQ(refusal.error().subject, "$workflow.input.orderId");
  EXPECT_THAT(bench.store.search({.limit = 5}).value(), IsEmpty());
}

TEST_F(EngineUnique, OfStartsAtOneInstantOneIsWritten) {
  leave_unanswered("charge");
  int started = 0, refused = 0;
  for (int i = 0; i < 5; ++i) {
    bench.engine().start(about(R"("o1")"), [&](const auto& result) { result ? ++started : ++refused; });
  }
  bench.engine().start(about(R"("o2")"), [&](const auto& result) { result ? ++started : ++refused; });
  bench.settle();
  EXPECT_EQ(started, 2);
  EXPECT_EQ(refused, 4);
}

TEST_F(EngineUnique, AReplayTakesTheKeyWhereItIsFree) {
  refuse("ship");
  const auto original = bench.run_to_end(bench.start()->id).id;
  const runtime::ReplayCommand again{.original = original, .from = "start", .reason = "fixed", .actor = "ann"};
  leave_unanswered("ship");
  const auto other = bench.start()->id;
  const auto refusal = bench.replay(again);
  ASSERT_FALSE(refusal.has_value());
  EXPECT_EQ(refusal.error().code, "unique.taken");
  EXPECT_EQ(refusal.error().subject, to_string(other));
  EXPECT_THAT(bench.view(original)->replays, IsEmpty());
  ASSERT_TRUE(bench.command(other, {.actor = "ann", .what = saga::TerminateExecution{}}).has_value());
  bench.script.set_rule([](const auto&) { return done(); });
  const auto replay = bench.replay(again);
  ASSERT_TRUE(replay.has_value()) << to_text(replay.error());
  EXPECT_EQ(bench.run_to_end(replay->id).outcome, saga::Outcome::kCompleted);
  expect_taken(about(R"("o1")"), replay->id);
  // What has completed has the key itself.
  const auto of_completed = bench.replay(
      {.original = replay->id, .from = "start", .reason = "again", .accept_standing = true, .actor = "ann"});
  ASSERT_FALSE(of_completed.has_value());
  EXPECT_EQ(of_completed.error().subject, to_string(replay->id));
}

const char* const kRunner = R"(
document: { dsl: '1.0.3', namespace: shop, name: runner, version: '1.0.0' }
do:
  - reserve: { call: stock.reserve, with: {}, compensate: { call: stock.release, with: { orderId: o } } }
  - order: { run: { workflow: { namespace: shop, name: checkout, input: '${ $workflow.input }' } } }
)";

runtime::StartCommand runner() {
  auto command = RuntimeBench::order();
  command.workflow = "runner";
  return command;
}

TEST_F(EngineUnique, AStepThatRunsWhatIsTakenIsRefused) {
  add(kRunner);
  const auto first = bench.start()->id;
  const auto state = bench.run_to_end(bench.start(runner())->id);
  EXPECT_EQ(state.outcome, saga::Outcome::kCompensated);
  const auto* step = saga::find_step(state, "order");
  EXPECT_FALSE(step->unknown);
  EXPECT_EQ(step->undo_status, saga::UndoStatus::kNone) << "nothing was done";
  EXPECT_EQ(step->error.json()["status"], 409);
  EXPECT_THAT(step->error.json()["detail"].get<std::string>(), HasSubstr(to_string(first)));
  EXPECT_EQ(bench.store.search({.workflow = "checkout"})->size(), 1u);
}

TEST_F(EngineUnique, WhatAStepRunsHasTheKeyAndGivesItUpWhenItIsUndone) {
  add(kRunner);
  leave_unanswered("ship");
  const auto parent = bench.start(runner())->id;
  const auto child = bench.store.search({.workflow = "checkout"})->front().id;
  expect_taken(about(R"("o1")"), child);
  // Said again after a crash, it is the one that is there.
  bench.kill_process();
  bench.start_process();
  bench.advance(std::chrono::seconds(10));
  EXPECT_EQ(bench.store.search({.workflow = "checkout"})->size(), 1u);
  bench.script.set_rule([](const auto&) { return done(); });
  ASSERT_TRUE(bench.command(parent, {.actor = "ann", .what = saga::CancelExecution{}}).has_value());
  EXPECT_EQ(bench.run_to_end(parent).outcome, saga::Outcome::kCancelled);
  EXPECT_TRUE(bench.start().has_value());
}

class UniqueSchedules : public ScheduleBench {};

TEST_F(UniqueSchedules, ARefusedTimeIsNotedAndTheNextOneComes) {
  begin("{ every: PT10M }", "saga: { unique: { key: '\"all\"', within: PT15M } }\n");
  pass(std::chrono::minutes(21));
  EXPECT_THAT(times(), ElementsAre("2027-01-15T08:10:00.000Z"));
  EXPECT_EQ(told()["refused"], 1);
  EXPECT_THAT(row().error, HasSubstr("saga.unique"));
  EXPECT_EQ(row().next_at, parse_rfc3339("2027-01-15T08:30:00Z"));
  pass(std::chrono::minutes(10));
  EXPECT_THAT(times(), ElementsAre("2027-01-15T08:10:00.000Z", "2027-01-15T08:30:00.000Z"));
  EXPECT_EQ(row().error, "");
}

TEST_F(UniqueSchedules, AnEventThatIsAboutTheSameStartsNothing) {
  begin("{ on: { one: { with: { type: placed } } } }", "saga: { unique: { key: '.[0].data.order', within: PT1H } }\n");
  const auto send = [&](const std::string& id, const std::string& order) {
    std::optional<Result<runtime::EventAnswer>> answer;
    bench().engine().accept_event(
        dump_json(
            {{"specversion", "1.0"}, {"id", id}, {"source", "shop"}, {"type", "placed"}, {"data", {{"order", order}}}}),
        [&](Result<runtime::EventAnswer> told) { answer = std::move(told); });
    bench().settle();
    return answer.value().value().started;
  };
  EXPECT_EQ(send("1", "o1"), 1u);
  EXPECT_EQ(send("2", "o1"), 0u);
  EXPECT_EQ(send("3", "o2"), 1u);
  EXPECT_EQ(told()["refused"], 1);
}

}  // namespace
}  // namespace skald::test
