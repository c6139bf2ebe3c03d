// Commands that reach another node than the one that has the execution.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/runtime/leased_node.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

const saga::Input kSuspend{.actor = "ann", .what = saga::SuspendExecution{.reason = "wait"}};

TEST(EngineInbox, PostsCommandsForOtherNodes) {
  LeasedNode node;
  const auto id = node.start_up_to_ship();
  node.give_away(id);
  std::vector<std::string> answers;
  const auto suspend = [&] {
    node.bench.engine().command(
        id, kSuspend, [&](Result<runtime::Snapshot> state) { answers.push_back(state ? "done" : state.error().code); });
    node.bench.settle();
  };
  suspend();
  ASSERT_THAT(node.inbox.posted, SizeIs(1));
  EXPECT_EQ(node.inbox.posted[0].command, R"({"command":"suspend","reason":"wait","actor":"ann"})");
  EXPECT_THAT(answers, IsEmpty());
  node.inbox.answers[1] = "{}";
  node.bench.advance(100ms);
  EXPECT_THAT(answers, ElementsAre("done"));
  suspend();
  node.inbox.answers[2] = R"({"error":{"code":"execution.ended","message":"m","subject":"s","remedy":"","detail":""}})";
  node.bench.advance(100ms);
  EXPECT_THAT(answers, ElementsAre("done", "execution.ended"));
  suspend();
  node.bench.advance(6s);  // no answer: it is durable all the same
  EXPECT_THAT(answers, ElementsAre("done", "execution.ended", "done"));
}

TEST(EngineInbox, AppliesCommandsOfOtherNodes) {
  LeasedNode node;
  const auto id = node.start_up_to_ship();
  node.inbox.post(id, R"({"command":"suspend","reason":"wait","actor":"ann"})").value();
  node.inbox.post(id, R"({"command":"incident","number":9,"resolution":"retry","reason":"r","actor":"ann"})").value();
  node.inbox.post(id, R"({"command":"dance","reason":"","actor":""})").value();
  node.bench.advance(3s);
  EXPECT_TRUE(node.bench.state_in_store(id).suspended);
  EXPECT_EQ(node.inbox.answers[1], "{}");
  EXPECT_THAT(node.inbox.answers[2], HasSubstr("incident.unknown"));
  EXPECT_THAT(node.inbox.answers[3], HasSubstr("command.unreadable"));
}

TEST(EngineInbox, ReplaysForOtherNodes) {
  LeasedNode node;
  node.bench.script.set_rule(
      [](const auto& call) { return call.step == "ship" ? std::optional(refused()) : std::optional(done()); });
  const auto failed = node.bench.start()->id;
  node.bench.run_to_end(failed);
  node.answer_everything();
  const runtime::ReplayCommand command{.original = failed, .from = "start", .reason = "again", .actor = "ann"};
  node.give_away(failed);
  std::optional<Result<runtime::Started>> answer;
  node.bench.engine().replay(command, [&](Result<runtime::Started> started) { answer = std::move(started); });
  node.bench.settle();
  ASSERT_THAT(node.inbox.posted, SizeIs(1));
  node.leases.hold(kAll, 4);  // now it is the owner that reads its inbox
  node.leases.tell();
  node.bench.advance(3s);
  ASSERT_TRUE(answer && answer->has_value());
  EXPECT_EQ((*answer)->state->replay_of->execution, failed);
  EXPECT_EQ(node.bench.store.read_execution((*answer)->id)->created.replay_of, failed);
}

// Whoever waits here for it keeps nobody from shutting down.
TEST(EngineInbox, AnswersWhoWaitsForAnotherNodesExecutionWhenItShutsDown) {
  LeasedNode node;
  const auto id = node.start_up_to_ship();
  node.give_away(id);
  std::optional<std::string> answer;
  node.bench.engine().when_settled(
      id, 1h, [&](Result<runtime::Snapshot> state) { answer = state ? "a state" : state.error().code; });
  node.bench.advance(1s);
  EXPECT_FALSE(answer.has_value());
  bool drained = false;
  node.bench.engine().drain(30s, [&] { drained = true; });
  node.answer_everything();
  node.bench.settle();
  EXPECT_TRUE(drained);
  EXPECT_EQ(answer, "engine.draining");
}

TEST(EngineInbox, WaitsForAnEndThatAnotherNodeBringsAbout) {
  LeasedNode node;
  const auto id = node.start_up_to_ship();
  node.give_away(id);
  std::optional<saga::Phase> phase;
  node.bench.engine().when_settled(id, 5s, [&](Result<runtime::Snapshot> state) { phase = (*state)->phase; });
  node.bench.advance(4s);
  EXPECT_FALSE(phase.has_value());
  node.bench.advance(2s);
  EXPECT_EQ(phase, saga::Phase::kRunning);  // as long as it was to wait
}

}  // namespace
}  // namespace skald::test
