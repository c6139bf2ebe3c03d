// An engine that shares its database with other nodes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/runtime/runtime_bench.hpp"
#include "tests/support/scripted_leases.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

const ports::ShardSet kAll = ports::ShardSet().set();
const Error kAway{.code = "store.unavailable", .message = "the database is away"};

struct Node {
  explicit Node(const ports::ShardSet& held = kAll, std::uint64_t epoch = 3) {
    leases.hold(held, epoch);
    bench.leases = &leases;
    bench.inbox = &inbox;
    bench.kill_process();
    bench.start_process();
    bench.settle();
  }
  // Up to this step, which does not answer.
  ExecutionId start_up_to(const std::string& step) {
    bench.script.set_rule([step](const auto& call) -> std::optional<saga::Answer> {
      if (call.step == step && call.action == saga::Action::kExecute) return std::nullopt;
      return done();
    });
    return bench.start()->id;
  }
  // Its shard is another node's from here on.
  void give_away(const ExecutionId& id) {
    leases.hold(kAll & ~ports::ShardSet().set(shard_of(id)), 3);
    leases.tell();
    bench.settle();
  }
  ExecutionId start_up_to_ship() { return start_up_to("ship"); }
  void answer_everything() {
    bench.script.set_rule([](const auto&) { return done(); });
    bench.settle();
  }
  std::vector<std::string> kinds(const ExecutionId& id) {
    std::vector<std::string> found;
    for (const auto& row : bench.store.read_history(id, 0, 1000).value()) {
      found.push_back(row.kind + " " + std::to_string(row.epoch));
    }
    return found;
  }

  ScriptedLeases leases;
  ScriptedInbox inbox;
  RuntimeBench bench;
};

ports::ShardSet shard_alone(const ExecutionId& id) {
  return ports::ShardSet().set(shard_of(id));
}

const saga::Input kSuspend{.actor = "ann", .what = saga::SuspendExecution{.reason = "wait"}};

TEST(EngineLeases, StartsNothingWithoutShards) {
  Node node({});
  EXPECT_EQ(node.bench.start().error().code, "engine.no_shards");
  EXPECT_FALSE(node.bench.engine().health().owns_shards);
}

TEST(EngineLeases, StartsInItsOwnShardsUnderTheirEpoch) {
  Node node(ports::ShardSet().set(7).set(200));
  for (int i = 0; i < 5; ++i) {
    const auto id = node.bench.start()->id;
    EXPECT_TRUE(shard_of(id) == 7 || shard_of(id) == 200);
    EXPECT_THAT(node.kinds(id), testing::Each(testing::EndsWith(" 3")));
  }
  EXPECT_EQ(node.bench.script.calls().front().epoch, 3u);
}

TEST(EngineLeases, RecoversWhatComes) {
  Node node;
  const auto id = node.start_up_to_ship();
  node.bench.kill_process();
  node.leases.hold({}, 0);
  node.bench.start_process();
  node.answer_everything();
  EXPECT_EQ(node.bench.state_in_store(id).phase, saga::Phase::kRunning);
  node.leases.hold(shard_alone(id), 4);
  node.leases.tell();
  node.bench.settle();
  node.bench.advance(5s);
  EXPECT_EQ(node.bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(node.bench.script.calls().back().epoch, 4u);
}

TEST(EngineLeases, LeavesItsShardsToANewerVersionWhereItMeetsWhatItDoesNotKnow) {
  Node node;
  const auto id = node.start_up_to_ship();
  node.bench.kill_process();
  node.bench.write(id, {.kind = "StepTeleported"});
  node.bench.start_process();
  node.bench.advance(1s);
  EXPECT_TRUE(node.bench.log.contains("does not know"));
  EXPECT_EQ(node.leases.mode, ports::MemberMode::kServing);
  node.leases.set_share(0);  // a node of a newer version is there
  node.bench.advance(10s);
  EXPECT_EQ(node.leases.mode, ports::MemberMode::kOutdated);
  EXPECT_EQ(node.leases.released, kAll);
  EXPECT_FALSE(node.bench.engine().health().owns_shards);
  EXPECT_EQ(node.bench.in_memory(), 0u);
}

TEST(EngineLeases, LetsGoOfShardsThatWent) {
  Node node;
  const auto id = node.start_up_to_ship();
  const auto before = node.kinds(id);
  node.give_away(id);
  EXPECT_EQ(node.bench.in_memory(), 0u);
  node.answer_everything();  // the answer comes, and nobody here is interested
  node.bench.advance(1min);
  EXPECT_EQ(node.kinds(id), before);
  EXPECT_EQ(node.bench.view(id)->phase, saga::Phase::kRunning);
}

// Its append was on the way when the shard went, and it came back before the verdict.
void lose_and_hold_again_at_an_append(std::uint64_t epoch) {
  SCOPED_TRACE(testing::Message() << "epoch " << epoch);
  Node node;
  const auto id = node.start_up_to("reserve");
  node.bench.script.set_rule([](const auto&) { return done(); });
  while (node.bench.store.queued() == 0) node.bench.step(false);
  node.leases.hold({}, 0);
  node.leases.tell();
  while (node.bench.step(false)) {
  }
  node.leases.hold(kAll, epoch);
  node.leases.tell();
  while (node.bench.step(false)) {
  }
  node.bench.settle();
  node.bench.advance(5s);
  EXPECT_EQ(node.bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(node.bench.in_memory(), 0u);
}

TEST(EngineLeases, GoesOnWithWhatWentAndCameBack) {
  lose_and_hold_again_at_an_append(5);
}

// The lease was uncertain for a while, and nobody took the shard.
TEST(EngineLeases, GoesOnWithWhatCameBackUnderItsEpoch) {
  lose_and_hold_again_at_an_append(3);
}

// The answer to a call from before the shard went ends no waiting for the one from after it came back.
TEST(EngineLeases, WaitsForItsOwnCallsOnly) {
  Node node;
  const auto id = node.start_up_to("reserve");
  node.leases.hold({}, 0);
  node.leases.tell();
  node.bench.settle();
  node.leases.hold(kAll, 3);
  node.leases.tell();
  node.bench.settle();
  node.bench.advance(1s);
  ASSERT_EQ(node.bench.script.calls().back().attempt, 2u);
  node.bench.script.set_rule([](const auto& call) -> std::optional<saga::Answer> {
    if (call.step == "reserve" && call.attempt == 2) return std::nullopt;
    return unknown();
  });
  node.bench.settle();
  EXPECT_EQ(node.bench.in_memory(), 1u);
  node.answer_everything();
  EXPECT_EQ(node.bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
}

TEST(EngineLeases, RefusesInputsThatCameWhileItsShardWent) {
  Node node;
  const auto id = node.start_up_to("reserve");
  node.bench.script.set_rule([](const auto&) { return done(); });
  while (node.bench.store.queued() == 0) node.bench.step(false);
  std::string answer;
  node.bench.engine().command(id, kSuspend,
                              [&](Result<runtime::Snapshot> state) { answer = state ? "done" : state.error().code; });
  while (node.bench.step(false)) {
  }
  node.leases.hold({}, 0);
  node.leases.tell();
  while (node.bench.step(false)) {
  }
  EXPECT_EQ(answer, "");
  node.bench.settle();
  EXPECT_EQ(answer, "engine.moved");
}

TEST(EngineLeases, BeginsNothingOnceTheLeaseIsUncertain) {
  Node node;
  const auto id = node.start_up_to_ship();
  node.leases.set_error(kAway);
  node.bench.advance(9s);
  EXPECT_EQ(node.bench.in_memory(), 1u);
  node.bench.advance(2s);  // 10 s after the last renewal that succeeded
  EXPECT_EQ(node.bench.in_memory(), 0u);
  EXPECT_EQ(node.bench.start().error().code, "engine.no_shards");
  EXPECT_TRUE(node.bench.log.contains("the lease could not be renewed in time"));
  node.leases.set_error(std::nullopt);
  node.answer_everything();
  node.bench.advance(10s);
  EXPECT_EQ(node.bench.state_in_store(id).outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(node.bench.script.calls().back().attempt, 2u);
}

// The process stood still, and wakes up with a verdict in its hands: what follows from it is not sent.
TEST(EngineLeases, SendsNothingAfterAStallBeyondTheLease) {
  Node node;
  std::optional<Result<runtime::Started>> answer;
  node.bench.engine().start(RuntimeBench::order(),
                            [&](Result<runtime::Started> started) { answer = std::move(started); });
  while (node.bench.store.queued() == 0) node.bench.step(false);
  node.leases.set_error(kAway);
  node.bench.clock.advance(1min);
  node.bench.store.deliver();
  while (node.bench.step(false)) {
  }
  ASSERT_TRUE(answer && answer->has_value());  // the start is durable
  EXPECT_THAT(node.bench.script.steps(), IsEmpty());
  node.leases.set_error(std::nullopt);
  node.bench.advance(10s);
  EXPECT_EQ(node.bench.state_in_store((*answer)->id).outcome, saga::Outcome::kCompleted);
}

// An execution of a shard that is to be given up, with a call in flight.
ExecutionId start_in_excess(Node& node) {
  ExecutionId id;
  do id = node.start_up_to("reserve");
  while (shard_of(id) < 128);
  node.leases.set_share(128);
  node.leases.tell();
  node.bench.settle();
  EXPECT_EQ(node.leases.released.count(), 0u);
  return id;
}

TEST(EngineLeases, GivesUpWhatIsBeyondItsShareWhenNothingIsInFlight) {
  Node node;
  const auto id = start_in_excess(node);
  node.answer_everything();
  for (const auto& call : node.bench.script.calls()) {
    EXPECT_FALSE(call.execution == id && call.step == "ship");  // nothing is begun before it goes
  }
  EXPECT_EQ(node.leases.released.count(), 128u);
  EXPECT_TRUE(node.leases.released[shard_of(id)]);
  for (int i = 0; i < 20; ++i) EXPECT_LT(shard_of(node.bench.start()->id), 128u);
}

TEST(EngineLeases, GivesUpWhatIsInFlightForTooLong) {
  Node node;
  start_in_excess(node);
  node.bench.advance(11s);
  EXPECT_EQ(node.leases.released.count(), 128u);
}

// The renewal that tells of the excess takes so long that nothing is held any more when it comes.
TEST(EngineLeases, GivesUpNothingThatItDoesNotHold) {
  Node node;
  node.leases.set_share(128);
  node.leases.while_renewing = [&] { node.bench.clock.advance(11s); };
  node.leases.tell();
  node.bench.advance(1s);
  EXPECT_TRUE(node.bench.log.contains("the lease could not be renewed in time"));
  EXPECT_EQ(node.leases.released.count(), 128u);
  node.leases.hold({}, 0);
  node.leases.tell();
  node.bench.settle();
  EXPECT_EQ(node.bench.start().error().code, "engine.no_shards");
}

TEST(EngineLeases, LeavesWhenItHasDrained) {
  Node node;
  node.start_up_to_ship();
  bool drained = false;
  node.bench.engine().drain(1s, [&] { drained = true; });
  node.bench.settle();
  EXPECT_FALSE(node.leases.left);
  node.bench.advance(2s);
  EXPECT_TRUE(node.leases.left);
  EXPECT_TRUE(drained);
}

TEST(EngineLeases, EndsWhereAnotherHasItsName) {
  Node node;
  node.leases.set_error(Error{.code = "node.replaced", .message = "another process has joined as 'one'"});
  node.bench.advance(6s);
  EXPECT_THAT(node.bench.replaced, ElementsAre("node.replaced"));
}

TEST(EngineLeases, PostsCommandsForOtherNodes) {
  Node node;
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

TEST(EngineLeases, AppliesCommandsOfOtherNodes) {
  Node node;
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

TEST(EngineLeases, ReplaysForOtherNodes) {
  Node node;
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

TEST(EngineLeases, WaitsForAnEndThatAnotherNodeBringsAbout) {
  Node node;
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
