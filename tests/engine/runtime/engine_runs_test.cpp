// Executions that run each other, in a whole engine: each is begun once, is waited for, cancelled and undone with what
// runs it, whatever dies between.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/limits.hpp"
#include "engine/runtime/command_codec.hpp"
#include "engine/runtime/run_messages.hpp"
#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const char* const kOrder = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - ship: { run: { workflow: { namespace: shop, name: shipping, input: { orderId: '${ .orderId }' } } } }
  - charge: { call: payments.charge, with: {} }
output: { as: '${ {shipment: $steps.ship.output, charge: .} }' }
)";

const char* const kShipping = R"(
document: { dsl: '1.0.3', namespace: shop, name: shipping, version: '1.0.0' }
input: { schema: { document: { type: object, required: [orderId] } } }
do:
  - reserve:
      call: stock.reserve
      with: { orderId: '${ $workflow.input.orderId }' }
      compensate: { call: stock.release, with: { orderId: '${ $workflow.input.orderId }' } }
  - create:
      call: shipping.ship
      with: {}
      compensate: { call: payments.refund, with: { orderId: '${ $workflow.input.orderId }' } }
output: { as: '${ {tracking: $workflow.input.orderId} }' }
)";

class EngineRuns : public testing::Test {
 protected:
  EngineRuns() { register_file(kShipping); }

  void register_file(const std::string& yaml) {
    const auto added = bench.definitions().add(yaml, "file:test.yaml", runtime::Replace::kYes, true);
    ASSERT_TRUE(added);
    ASSERT_THAT(added->diagnostics, IsEmpty());
  }

  // The executions of the workflow, the oldest first.
  std::vector<ports::StoredExecution> executions_of(const std::string& workflow) {
    auto found = bench.store.search({.workflow = workflow}).value();
    std::ranges::reverse(found);
    return found;
  }

  saga::State only_one_of(const std::string& workflow) {
    const auto found = executions_of(workflow);
    EXPECT_THAT(found, SizeIs(1));
    return bench.state_in_store(found.front().id);
  }

  void refuse(const std::string& refused_step) {
    bench.script.set_rule([refused_step](const ports::ParticipantCall& call) {
      const bool is_it = call.step == refused_step && call.action == saga::Action::kExecute;
      return std::optional(is_it ? refused(422) : done());
    });
  }

  void leave_unanswered(const std::string& step) {
    bench.script.set_rule([step](const ports::ParticipantCall& call) {
      return call.step == step ? std::nullopt : std::optional(done());
    });
  }

  void answer_all() {
    bench.script.set_rule([](const ports::ParticipantCall&) { return done(); });
  }

  RuntimeBench bench{{}, kOrder};
};

TEST_F(EngineRuns, WhatIsRunIsWaitedForAndItsOutputGoesOn) {
  const auto id = bench.start()->id;
  const auto order = bench.state_in_store(id);
  EXPECT_EQ(order.outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(order.output.json()["shipment"], Json({{"tracking", "o1"}}));
  const auto shipping = only_one_of("shipping");
  EXPECT_EQ(saga::find_step(order, "ship")->execution, shipping.id);
  EXPECT_EQ(shipping.parent->by.execution, id);
  EXPECT_EQ(shipping.parent->depth, 1U);
  EXPECT_EQ(shard_of(shipping.id), shard_of(id));
  EXPECT_THAT(bench.store.search({.parent = id}).value(), SizeIs(1));
  EXPECT_THAT(bench.script.steps(), ElementsAre("reserve", "create", "charge"));
}

TEST_F(EngineRuns, AParentThatWaitsLeavesMemoryAndIsWokenByTheEnd) {
  leave_unanswered("create");
  const auto id = bench.start()->id;
  bench.advance(std::chrono::seconds(20));
  EXPECT_EQ(bench.state_in_store(id).phase, saga::Phase::kWaiting);
  EXPECT_EQ(bench.in_memory(), 1U) << "what calls a participant alone";
  EXPECT_TRUE(bench.row(id).resting);
}

// Killed after each single round of work: each message is sent again, and has its effect once.
TEST_F(EngineRuns, NothingIsLostOrDoneTwiceWhereverTheProcessDies) {
  for (int rounds = 1; rounds < 40; ++rounds) {
    RuntimeBench other{{}, kOrder};
    ASSERT_TRUE(other.definitions().add(kShipping, "file:test.yaml", runtime::Replace::kYes, true));
    std::optional<ExecutionId> id;
    other.engine().start(other.order(), [&](auto started) {
      if (started) id = started->id;
    });
    for (int round = 0; round < rounds; ++round) other.step();
    other.kill_process();
    other.start_process();
    if (!id) {  // died before it was durable, or before anybody heard
      const auto found = other.store.search({.workflow = "checkout"}).value();
      if (found.empty()) continue;
      id = found.front().id;
    }
    EXPECT_EQ(other.run_to_end(*id).outcome, saga::Outcome::kCompleted) << rounds;
    EXPECT_THAT(other.store.search({.workflow = "shipping"}).value(), SizeIs(1)) << rounds;
  }
}

TEST_F(EngineRuns, WhatFailsUndoesItselfAndItsErrorGoesOn) {
  refuse("create");
  const auto id = bench.start()->id;
  const auto order = bench.state_in_store(id);
  EXPECT_EQ(order.outcome, saga::Outcome::kFaulted) << "nothing of its own had to be undone";
  EXPECT_EQ(order.error.json()["status"], 422);
  EXPECT_EQ(order.error.json()["instance"], "/do/0/ship");
  EXPECT_THAT(order.error.json()["detail"].get<std::string>(), HasSubstr("ended compensated"));
  EXPECT_EQ(only_one_of("shipping").outcome, saga::Outcome::kCompensated);
  EXPECT_THAT(bench.script.steps(), ElementsAre("reserve", "create", "reserve/compensate"));
}

TEST_F(EngineRuns, WhatHasCompletedUndoesItselfInReverse) {
  refuse("charge");
  const auto id = bench.start()->id;
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompensated);
  const auto shipping = only_one_of("shipping");
  EXPECT_EQ(shipping.outcome, saga::Outcome::kCompensated);
  EXPECT_EQ(shipping.compensation.reason, saga::CompensationReason::kParent);
  EXPECT_THAT(bench.script.steps(),
              ElementsAre("reserve", "create", "charge", "create/compensate", "reserve/compensate"));
  EXPECT_THAT(executions_of("shipping").front().summary.outcome, "compensated");
}

TEST_F(EngineRuns, AnUndoThatIsStuckInsideIsStuckOutside) {
  bench.script.set_rule([](const ports::ParticipantCall& call) {
    const bool undoes = call.action == saga::Action::kCompensate;
    return std::optional(call.step == "charge" || (call.step == "create" && undoes) ? refused(422) : done());
  });
  const auto id = bench.start()->id;
  const auto shipping = only_one_of("shipping").id;
  EXPECT_EQ(bench.state_in_store(shipping).phase, saga::Phase::kSuspended);
  EXPECT_EQ(bench.state_in_store(id).compensation.state, saga::CompensationState::kRunning);
  const saga::ResolveIncident skip{.number = 1, .resolution = saga::IncidentResolution::kSkip, .reason = "by hand"};
  ASSERT_TRUE(bench.command(shipping, {.actor = "ann", .what = skip}));
  bench.settle();
  const auto order = bench.state_in_store(id);
  ASSERT_EQ(order.phase, saga::Phase::kSuspended) << "what was passed over there stands, and is reported here";
  EXPECT_THAT(order.incidents.front().error.json()["detail"].get<std::string>(), HasSubstr("its effects stand"));
}

TEST_F(EngineRuns, WhatRunsIsCancelledWithIt) {
  leave_unanswered("create");
  const auto id = bench.start()->id;
  ASSERT_TRUE(bench.command(id, {.actor = "ann", .what = saga::CancelExecution{"changed my mind"}}));
  bench.settle();
  const auto shipping = only_one_of("shipping").id;
  EXPECT_TRUE(bench.state_in_store(shipping).cancel_requested);
  answer_all();
  bench.settle();
  EXPECT_EQ(bench.state_in_store(shipping).outcome, saga::Outcome::kCancelled);
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCancelled);
}

TEST_F(EngineRuns, WhatCannotBeBegunFailsItsStep) {
  const auto id = bench.start(bench.order(std::nullopt, R"({"orderId":null})"))->id;
  EXPECT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompleted) << "null is there";
  register_file(R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.1.0' }
do:
  - nothing: { run: { workflow: { namespace: shop, name: nobody } } }
)");
  const auto unknown = bench.start()->id;
  EXPECT_THAT(bench.state_in_store(unknown).error.json()["type"].get<std::string>(), HasSubstr("configuration"));
  register_file(R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.2.0' }
do:
  - wrong: { run: { workflow: { namespace: shop, name: shipping, version: '1.0.0', input: { order: 1 } } } }
)");
  const auto wrong = bench.start()->id;
  EXPECT_THAT(bench.state_in_store(wrong).error.json()["type"].get<std::string>(), HasSubstr("validation"));
  EXPECT_THAT(executions_of("shipping"), SizeIs(1));
}

TEST_F(EngineRuns, ItsErrorIsWhatItWas) {
  register_file(R"(
document: { dsl: '1.0.3', namespace: shop, name: shipping, version: '1.1.0' }
do:
  - no: { raise: { error: { type: 'https://shop.example.com/errors/too-much', status: 422, title: Too much, detail: 100 kg } } }
)");
  const auto id = bench.start()->id;
  const auto state = bench.state_in_store(id);
  const auto& error = state.error.json();
  EXPECT_EQ(error["type"], "https://shop.example.com/errors/too-much");
  EXPECT_EQ(error["detail"], "100 kg");
  EXPECT_EQ(error["instance"], "/do/0/ship");
}

// It cannot be read any more, so that a termination is all that is left.
TEST_F(EngineRuns, WhatIsTerminatedUnreadTellsWhoWaits) {
  leave_unanswered("create");
  const auto id = bench.start()->id;
  const auto shipping = only_one_of("shipping").id;
  bench.kill_process();
  bench.store.torn.insert(shipping);
  bench.start_process();
  bench.settle();
  ASSERT_TRUE(bench.command(shipping, {.actor = "ann", .what = saga::TerminateExecution{"lost"}}));
  const auto order = bench.run_to_end(id);
  EXPECT_EQ(order.phase, saga::Phase::kSuspended) << "what it did stands";
  EXPECT_TRUE(saga::find_step(order, "ship")->unknown);
}

// A newer version has come meanwhile, to which the input does not fit: it was begun all the same.
TEST_F(EngineRuns, WhatWasBegunIsNotRefusedAfterwards) {
  leave_unanswered("create");
  const auto id = bench.start()->id;
  const auto again = bench.store.list_due_deliveries(std::string(ports::kRunsSink), ports::ShardSet().set(),
                                                     bench.clock.now(), {}, 10);
  ASSERT_THAT(*again, IsEmpty());
  bench.kill_process();
  bench.start_process();
  register_file(R"(
document: { dsl: '1.0.3', namespace: shop, name: shipping, version: '1.1.0' }
input: { schema: { document: { type: object, required: [customer] } } }
do:
  - nothing: { set: { a: 1 } }
)");
  const auto order = bench.state_in_store(id);
  saga::Event begun{.at = bench.clock.now(), .epoch = 1, .actor = {}, .data = saga::AttemptStarted{}};
  const auto* step = saga::find_step(order, "ship");
  begun.data = saga::StepStarted{.step = "ship", .request = step->request, .execution = step->execution};
  const auto message = runtime::message_of(begun, order);
  ports::Append append{.execution = id, .expected_position = order.position};
  append.deliveries = {{.workflow = "shop/checkout:1.0.0",
                        .step = "ship",
                        .sink = std::string(ports::kRunsSink),
                        .envelope = runtime::encode_message(*message),
                        .emitted_at = bench.clock.now()}};
  struct Ignored final : ports::AppendSink {
    void appended(std::vector<ports::AppendResult>) override {}
  } ignored;
  bench.store.append({.appends = {std::move(append)}}, ignored);
  bench.advance(std::chrono::seconds(10));
  EXPECT_EQ(bench.state_in_store(id).phase, saga::Phase::kWaiting) << "it still waits for it";
  answer_all();
  EXPECT_EQ(bench.run_to_end(id).outcome, saga::Outcome::kCompleted);
}

// Nothing is begun for who does not want it any more.
TEST_F(EngineRuns, WhatCouldNotBeBegunAtFirstIsBegunWhileItIsWanted) {
  for (const bool terminates : {false, true}) {
    RuntimeBench other{{}, kOrder};
    ASSERT_TRUE(other.definitions().add(kShipping, "file:test.yaml", runtime::Replace::kYes, true));
    const auto count = [&](const std::string& workflow) { return other.store.search({.workflow = workflow})->size(); };
    other.engine().start(RuntimeBench::order(), [](const auto&) {});
    while (count("checkout") == 0) other.step();
    other.store.fail_next(ports::Verdict::kRejected, false);
    other.settle();
    ASSERT_EQ(count("shipping"), 0U);
    const auto id = other.store.search({.workflow = "checkout"})->front().id;
    if (terminates) ASSERT_TRUE(other.command(id, {.actor = "ann", .what = saga::TerminateExecution{"enough"}}));
    other.advance(std::chrono::minutes(1), std::chrono::seconds(1));
    EXPECT_EQ(count("shipping"), terminates ? 0U : 1U);
  }
}

// As a replay on another node hears and says it.
TEST_F(EngineRuns, WhatIsSaidGoesOverTheInbox) {
  const saga::RunBy by{.execution = bench.start()->id, .step = "ship/compensate", .attempt = 3};
  const auto undo = runtime::encode_command(by.execution, {.actor = {}, .what = saga::UndoExecution{by}});
  const auto asked = runtime::decode_command(by.execution, undo);
  ASSERT_TRUE(asked) << to_text(asked.error());
  EXPECT_EQ(std::get<saga::UndoExecution>(std::get<saga::Input>(*asked).what).by, by);
  const saga::AttemptEnded answer{.step = by.step, .attempt = by.attempt, .answer = refused(422)};
  const auto heard =
      runtime::decode_command(by.execution, runtime::encode_command(by.execution, {.actor = {}, .what = answer}));
  ASSERT_TRUE(heard) << to_text(heard.error());
  const auto& ended = std::get<saga::AttemptEnded>(std::get<saga::Input>(*heard).what);
  EXPECT_EQ(ended.step, by.step);
  EXPECT_EQ(ended.attempt, 3U);
  EXPECT_EQ(ended.answer.outcome, saga::AttemptOutcome::kRefused);
  EXPECT_EQ(ended.answer.status, 422);
  EXPECT_EQ(ended.answer.title, "refused");
}

TEST_F(EngineRuns, APivotIsSaidWhereItIsRun) {
  register_file(R"(
document: { dsl: '1.0.3', namespace: shop, name: paying, version: '1.0.0' }
do:
  - pay: { call: payments.charge, with: {}, pivot: true }
)");
  const std::string order = R"(
document: {{ dsl: '1.0.3', namespace: shop, name: checkout, version: '2.{}.0' }}
do:
  - pay: {{ run: {{ workflow: {{ namespace: shop, name: paying }} }}, pivot: {} }}
)";
  register_file(fmt::format(fmt::runtime(order), 0, false));
  const auto refused = bench.start()->id;
  EXPECT_THAT(bench.state_in_store(refused).error.json()["title"].get<std::string>(), HasSubstr("has a pivot, 'pay'"));
  register_file(fmt::format(fmt::runtime(order), 1, true));
  const auto completed = bench.start()->id;
  EXPECT_TRUE(bench.state_in_store(completed).pivoted);
}

TEST_F(EngineRuns, AWorkflowThatRunsItselfComesToAnEnd) {
  register_file(R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.1.0' }
do:
  - again: { run: { workflow: { namespace: shop, name: checkout } } }
)");
  const auto id = bench.start()->id;
  EXPECT_EQ(bench.run_to_end(id).outcome, saga::Outcome::kFaulted);
  const auto all = executions_of("checkout");
  ASSERT_THAT(all, SizeIs(limits::kRunDepthMax + 1));
  EXPECT_THAT(bench.state_in_store(all.back().id).error.json()["title"].get<std::string>(), HasSubstr("16 deep"));
}

TEST_F(EngineRuns, WhatIsNotWaitedForGoesItsOwnWay) {
  register_file(R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.1.0' }
do:
  - ship: { run: { workflow: { namespace: shop, name: shipping, input: '${ . }' }, await: false } }
)");
  leave_unanswered("create");
  const auto id = bench.start()->id;
  const auto order = bench.state_in_store(id);
  EXPECT_EQ(order.outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(order.output.text(), R"({"orderId":"o1"})") << "its input";
  EXPECT_EQ(only_one_of("shipping").phase, saga::Phase::kRunning);
  answer_all();
  bench.settle();
  EXPECT_EQ(only_one_of("shipping").outcome, saga::Outcome::kCompleted);
}

TEST_F(EngineRuns, WhatIsRunIsKeptAsLongAsWhatRanIt) {
  leave_unanswered("charge");
  const auto id = bench.start()->id;
  ASSERT_EQ(only_one_of("shipping").outcome, saga::Outcome::kCompleted);
  const auto everything = bench.clock.now() + std::chrono::hours(1);
  const auto all = ports::ShardSet().set();
  EXPECT_EQ(bench.store.remove_ended(all, everything, std::nullopt, 100)->executions, 0U);
  answer_all();
  bench.settle();
  ASSERT_EQ(bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
  while (bench.store.remove_ended(all, everything, std::nullopt, 100)->executions > 0) continue;
  EXPECT_THAT(bench.store.search({}).value(), IsEmpty());
}

}  // namespace
}  // namespace skald::test
