// Whether the work of a replay is done, or being done, by another one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/runtime/failed_execution.hpp"

namespace skald::test {
namespace {

using testing::HasSubstr;

TEST(EarlierReplays, IsBegunOnceUnlessItIsAllowedAgain) {
  RuntimeBench bench;
  const auto original = fail_at(bench, "charge");
  bench.script.set_rule([](const auto&) { return unknown(); });  // it is tried again in a second
  const auto first = bench.replay(from(original, "failed"));
  ASSERT_TRUE(first.has_value()) << to_text(first.error());
  const auto meanwhile = bench.replay(from(original, "start"));
  ASSERT_FALSE(meanwhile.has_value());
  EXPECT_EQ(meanwhile.error().code, "replay.repeated");
  EXPECT_EQ(meanwhile.error().message, "replay " + to_string(first->id) + " is under way");
  bench.script.set_rule([](const auto&) { return done(); });
  ASSERT_EQ(bench.run_to_end(first->id).outcome, saga::Outcome::kCompleted);
  const auto again = bench.replay(from(original, "failed"));
  EXPECT_EQ(again.error().code, "replay.repeated");
  EXPECT_EQ(again.error().message, "replay " + to_string(first->id) + " has completed");
  EXPECT_THAT(again.error().remedy, HasSubstr("--accept-standing"));
  auto accepting = from(original, "failed");
  accepting.accept_standing = true;
  EXPECT_TRUE(bench.replay(accepting).has_value());
}

TEST(EarlierReplays, MayBeginAgainWhereNothingIsLeftOfTheOneBefore) {
  RuntimeBench bench;
  const auto original = fail_at(bench, "ship");
  bench.script.set_rule([](const auto& call) { return call.step == "ship" ? refused() : done(); });
  const auto first = bench.replay(from(original, "start"));
  ASSERT_EQ(bench.run_to_end(first->id).outcome, saga::Outcome::kCompensated);
  bench.script.set_rule([](const auto&) { return done(); });
  const auto second = bench.replay(from(original, "start"));
  ASSERT_TRUE(second.has_value()) << to_text(second.error());
  ASSERT_EQ(bench.run_to_end(second->id).outcome, saga::Outcome::kCompleted);
  // The work of the first one is that of the second one.
  EXPECT_EQ(bench.replay(from(first->id, "start")).error().message,
            "replay " + to_string(second->id) + " has completed");
}

// They look at the same moment, and see nothing of each other.
TEST(EarlierReplays, OfTwoAtOnceForAnExecutionAndItsReplayOneBegins) {
  RuntimeBench bench;
  const auto original = fail_at(bench, "ship");
  bench.script.set_rule([](const auto& call) { return call.step == "ship" ? refused() : done(); });
  const auto first = bench.replay(from(original, "start"));
  ASSERT_EQ(bench.run_to_end(first->id).outcome, saga::Outcome::kCompensated);
  bench.script.set_rule([](const auto&) { return done(); });
  std::vector<Result<runtime::Started>> answers;
  for (const auto& id : {original, first->id}) {
    bench.engine().replay(from(id, "start"), [&](auto started) { answers.push_back(std::move(started)); });
  }
  bench.settle();
  ASSERT_EQ(answers.size(), 2u);
  ASSERT_NE(answers[0].has_value(), answers[1].has_value());
  const auto& refused = answers[0] ? answers[1] : answers[0];
  EXPECT_EQ(refused.error().code, "replay.repeated") << to_text(refused.error());
  EXPECT_EQ(bench.view(original)->replays.size() + bench.view(first->id)->replays.size(), 2u);
}

// Of the siblings of a replay whose original was removed nothing is known but by their keys.
TEST(EarlierReplays, FindsThoseWhoseOriginalWasRemoved) {
  RuntimeBench bench;
  const auto original = fail_at(bench, "ship");
  bench.advance(std::chrono::seconds(1));
  std::vector<ExecutionId> failed;
  for (int i = 0; i < 2; ++i) {
    bench.script.set_rule([](const auto& call) { return call.step == "ship" ? refused() : done(); });
    failed.push_back(bench.replay(from(original, "start"))->id);
    ASSERT_EQ(bench.run_to_end(failed.back()).outcome, saga::Outcome::kCompensated);
  }
  bench.script.set_rule([](const auto&) { return done(); });
  ASSERT_TRUE(
      bench.store.remove_ended(ports::ShardSet().set(), bench.view(original)->ended_at + Millis(1), std::nullopt, 1)
          .has_value());
  ASSERT_EQ(bench.view(original).error().code, "execution.unknown");
  const auto done_again = bench.replay(from(failed[0], "start"));
  ASSERT_TRUE(done_again.has_value()) << to_text(done_again.error());
  ASSERT_EQ(bench.run_to_end(done_again->id).outcome, saga::Outcome::kCompleted);
  const auto late = bench.replay(from(failed[1], "start"));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().message, "replay " + to_string(done_again->id) + " has completed");
}

TEST(EarlierReplays, IsRefusedWhereTheOneBeforeLeftEffects) {
  RuntimeBench bench({}, kNoUndo);
  const auto original = fail_at(bench, "order.charge");
  bench.script.set_rule([](const auto& call) { return call.step == "ship" ? refused() : done(); });
  const auto first = bench.replay(from(original, "start"));
  ASSERT_EQ(bench.run_to_end(first->id).outcome, saga::Outcome::kFaulted);
  bench.script.set_rule([](const auto&) { return done(); });
  const auto second = bench.replay(from(original, "start"));
  EXPECT_EQ(second.error().code, "replay.repeated");
  EXPECT_THAT(second.error().message, HasSubstr("left effects that stand: order.charge, order.reserve"));
  // Its successor has what it left.
  ASSERT_TRUE(bench.replay(from(first->id, "failed")).has_value());
}

}  // namespace
}  // namespace skald::test
