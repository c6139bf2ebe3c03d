// An engine that shares its database with other nodes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/runtime/leased_node.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

const Error kAway{.code = "store.unavailable", .message = "the database is away"};

const saga::Input kSuspendWithReason{.actor = "ann", .what = saga::SuspendExecution{.reason = "wait"}};

TEST(EngineLeases, StartsNothingWithoutShards) {
  LeasedNode node({});
  EXPECT_EQ(node.bench.start().error().code, "engine.no_shards");
  EXPECT_FALSE(node.bench.engine().health().owns_shards);
}

TEST(EngineLeases, StartsInItsOwnShardsUnderTheirEpoch) {
  LeasedNode node(ports::ShardSet().set(7).set(200));
  for (int i = 0; i < 5; ++i) {
    const auto id = node.bench.start()->id;
    EXPECT_TRUE(shard_of(id) == 7 || shard_of(id) == 200);
    EXPECT_THAT(node.kinds(id), testing::Each(testing::EndsWith(" 3")));
  }
  EXPECT_EQ(node.bench.script.calls().front().epoch, 3u);
}

TEST(EngineLeases, RecoversWhatComes) {
  LeasedNode node;
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
  LeasedNode node;
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
  LeasedNode node;
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
  LeasedNode node;
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
  LeasedNode node;
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
  LeasedNode node;
  const auto id = node.start_up_to("reserve");
  node.bench.script.set_rule([](const auto&) { return done(); });
  while (node.bench.store.queued() == 0) node.bench.step(false);
  std::string answer;
  node.bench.engine().command(id, kSuspendWithReason,
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
  LeasedNode node;
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
  LeasedNode node;
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
ExecutionId start_in_excess(LeasedNode& node) {
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
  LeasedNode node;
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
  LeasedNode node;
  start_in_excess(node);
  node.bench.advance(11s);
  EXPECT_EQ(node.leases.released.count(), 128u);
}

// The renewal that tells of the excess takes so long that nothing is held any more when it comes.
TEST(EngineLeases, GivesUpNothingThatItDoesNotHold) {
  LeasedNode node;
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
  LeasedNode node;
  node.start_up_to_ship();
  bool drained = false;
  node.bench.engine().drain(1s, [&] { drained = true; });
  node.bench.settle();
  EXPECT_FALSE(node.leases.left);
  node.bench.advance(2s);
  EXPECT_TRUE(node.leases.left);
  EXPECT_TRUE(drained);
}

// A call of half a minute keeps its own shard alone.
TEST(EngineLeases, GivesUpWhatRestsAtOnceWhenItEnds) {
  LeasedNode node;
  const auto slow = node.start_up_to_ship();
  std::optional<Result<runtime::Snapshot>> waits;
  node.bench.engine().when_settled(slow, 1h, [&](Result<runtime::Snapshot> state) { waits = std::move(state); });
  const auto slower = node.start_up_to_ship();
  ASSERT_NE(shard_of(slow), shard_of(slower));
  bool drained = false;
  node.bench.engine().drain(30s, [&] { drained = true; });
  node.bench.settle();
  EXPECT_EQ(node.leases.mode, ports::MemberMode::kLeaving);
  EXPECT_EQ(node.leases.released, kAll & ~shard_alone(slow) & ~shard_alone(slower));

  node.bench.script.set_rule([&](const auto& call) -> std::optional<saga::Answer> {
    if (call.execution == slower) return std::nullopt;
    return done();
  });
  node.bench.advance(300ms);
  EXPECT_EQ(node.leases.released, kAll & ~shard_alone(slower));
  ASSERT_TRUE(waits.has_value() && waits->has_value());
  EXPECT_EQ((**waits)->outcome, saga::Outcome::kCompleted);
  EXPECT_FALSE(node.leases.left);
  node.answer_everything();
  EXPECT_TRUE(node.leases.left);
  EXPECT_TRUE(drained);
}

TEST(EngineLeases, EndsWhereAnotherHasItsName) {
  LeasedNode node;
  node.leases.set_error(Error{.code = "node.replaced", .message = "another process has joined as 'one'"});
  node.bench.advance(6s);
  EXPECT_THAT(node.bench.replaced, ElementsAre("node.replaced"));
}

}  // namespace
}  // namespace skald::test
