// Replays: a new execution in place of one that failed.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/runtime/failed_execution.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(EngineReplay, FromTheStartDoesEverythingAgain) {
  RuntimeBench bench;
  const auto original = fail_at(bench, "ship");
  ASSERT_EQ(bench.view(original)->outcome, saga::Outcome::kCompensated);
  const auto calls = bench.script.calls().size();
  const auto replay = bench.replay(from(original, "start"));
  ASSERT_TRUE(replay.has_value());
  const auto state = bench.run_to_end(replay->id);
  EXPECT_EQ(state.outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(state.replay_of->execution, original);
  EXPECT_EQ(bench.script.calls().size(), calls + 3);
  EXPECT_EQ(bench.script.calls().back().key, to_string(replay->id) + "/ship");
  ASSERT_EQ(bench.view(original)->replays.size(), 1u);
  EXPECT_EQ(bench.view(original)->replays[0].replay, replay->id);
}

TEST(EngineReplay, FromTheFailedStepTakesOverWhatStands) {
  RuntimeBench bench({}, kNoUndo);
  const auto original = fail_at(bench, "ship");
  ASSERT_EQ(bench.view(original)->outcome, saga::Outcome::kFaulted);
  const auto replay = bench.replay(from(original, "failed"));
  ASSERT_TRUE(replay.has_value()) << to_text(replay.error());
  const auto state = bench.run_to_end(replay->id);
  EXPECT_EQ(state.outcome, saga::Outcome::kCompleted);
  EXPECT_THAT(bench.script.steps(), ElementsAre("order.charge", "order.reserve", "ship", "ship"));
  EXPECT_EQ(bench.script.calls().back().request->body, R"({"total":12})");
  EXPECT_EQ(find_step(state, "gift")->status, saga::StepStatus::kSkipped);
  EXPECT_EQ(find_step(state, "order.charge")->origin, original);
  // What stood is taken over once.
  EXPECT_EQ(bench.replay(from(original, "failed")).error().code, "replay.reused");
}

TEST(EngineReplay, FromAStepInsideALaterOne) {
  RuntimeBench bench({}, kNoUndo);
  const auto original = fail_at(bench, "order.reserve");
  const auto replay = bench.replay(from(original, "order.reserve"));
  ASSERT_TRUE(replay.has_value()) << to_text(replay.error());
  EXPECT_EQ(bench.run_to_end(replay->id).outcome, saga::Outcome::kCompleted);
  EXPECT_THAT(bench.script.steps(), ElementsAre("order.charge", "order.reserve", "order.reserve", "ship"));
}

TEST(EngineReplay, RefusesToTakeOverWhatWasUndone) {
  RuntimeBench bench;
  const auto original = fail_at(bench, "ship");
  const auto refused = bench.replay(from(original, "failed"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "replay.undone");
  EXPECT_THAT(refused.error().message, HasSubstr("charge, reserve"));
}

TEST(EngineReplay, RefusesToDoAgainWhatStands) {
  RuntimeBench bench({}, kNoUndo);
  const auto original = fail_at(bench, "ship");
  EXPECT_EQ(bench.replay(from(original, "start")).error().code, "replay.standing");
  const auto partly = bench.replay(from(original, "order.reserve"));
  EXPECT_EQ(partly.error().code, "replay.standing");
  EXPECT_THAT(partly.error().message, HasSubstr("order.reserve"));
  auto accepting = from(original, "start");
  accepting.accept_standing = true;
  EXPECT_TRUE(bench.replay(accepting).has_value());
}

const char* const kPassedOver = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - price: { set: { important: 42 } }
  - tell: { input: { from: '${ {sub: .important} }' }, call: payments.charge, with: {}, onError: continue }
  - several:
      fork:
        branches:
          - mail: { input: { from: '${ {mailed: .sub} }' }, call: payments.charge, with: {}, onError: continue }
          - book: { call: stock.reserve, with: {} }
  - ship: { call: shipping.ship, with: { got: '${ $steps.several.output[0] }' } }
)";

// The input of a step that failed is what goes on behind it.
TEST(EngineReplay, TakesOverTheInputOfWhatWasPassedOver) {
  RuntimeBench bench({}, kPassedOver);
  std::vector<std::string> bodies;
  const auto answer = [&](bool ships) {
    return [&bodies, ships](const auto& call) {
      if (call.step == "ship") bodies.push_back(call.request->body);
      if (call.step == "several.book" || (call.step == "ship" && ships)) return done();
      return refused();
    };
  };
  bench.script.set_rule(answer(false));
  const auto original = bench.start()->id;
  ASSERT_EQ(bench.run_to_end(original).outcome, saga::Outcome::kFaulted);
  bench.script.set_rule(answer(true));
  auto command = from(original, "failed");
  command.accept_standing = true;
  const auto replay = bench.replay(command);
  ASSERT_TRUE(replay.has_value()) << to_text(replay.error());
  const auto state = bench.run_to_end(replay->id);
  ASSERT_EQ(state.outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(find_step(state, "tell")->input.text(), R"({"sub":42})");
  EXPECT_THAT(bodies, ElementsAre(R"({"got":{"mailed":42}})", R"({"got":{"mailed":42}})"));
}

const char* const kAnsweredInVain = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - charge: { call: payments.charge, with: {}, output: { as: '${ error("of no use") }' }, onError: continue }
  - ship: { call: shipping.ship, with: {} }
)";

// What has had its effect, and was passed over as failed, would have nobody to answer for it.
TEST(EngineReplay, RefusesToPassOverWhatHasHadItsEffect) {
  RuntimeBench bench({}, kAnsweredInVain);
  const auto original = fail_at(bench, "ship");
  const auto state = *bench.view(original);
  EXPECT_TRUE(find_step(state, "charge")->answered);
  const auto refused = bench.replay(from(original, "failed"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "replay.standing");
  EXPECT_EQ(refused.error().message, "these steps failed, and may have had their effect all the same: charge");
}

TEST(EngineReplay, OffersWhatIsPossible) {
  RuntimeBench bench;
  const auto completed = bench.start()->id;
  ASSERT_EQ(bench.run_to_end(completed).outcome, saga::Outcome::kCompleted);
  const std::string accepting = "replay it from the start, accepting what stands (acceptStanding, --accept-standing)";
  EXPECT_EQ(bench.replay(from(completed, "start")).error().remedy, accepting);
  EXPECT_EQ(bench.replay(from(completed, "failed")).error().remedy, accepting);
  EXPECT_EQ(bench.replay(from(fail_at(bench, "ship"), "failed")).error().remedy, "replay it from the start");
}

TEST(EngineReplay, TellsAnUndoThatWasSkippedFromOneThatWasDone) {
  RuntimeBench bench;
  bench.script.set_rule([](const auto& call) {
    return call.step == "ship" || call.action == saga::Action::kCompensate ? refused() : done();
  });
  const auto id = bench.start()->id;
  for (std::uint32_t n = 1; !saga::is_terminal(bench.view(id)->phase); ++n) {
    ASSERT_LT(n, 5u);
    bench.run_to_end(id);
    bench.command(id, {.actor = "ann",
                       .what = saga::ResolveIncident{
                           .number = n, .resolution = saga::IncidentResolution::kSkip, .reason = "by hand"}});
  }
  const auto failed = bench.replay(from(id, "failed"));
  EXPECT_EQ(failed.error().code, "replay.undone");
  EXPECT_THAT(failed.error().detail, HasSubstr("skipped, so that it stands: the undo of"));
  EXPECT_EQ(failed.error().remedy,
            "replay it from the start, accepting what stands (acceptStanding, --accept-standing)");
}

TEST(EngineReplay, FollowsANewerVersionWhereItFits) {
  RuntimeBench bench({}, kNoUndo);
  const auto original = fail_at(bench, "ship");
  std::string longer = kNoUndo;
  longer.replace(longer.find("1.0.0"), 5, "1.1.0");
  longer += "  - thank: { call: stock.release, with: {} }\n";
  std::string other = longer;
  other.replace(other.find("1.1.0"), 5, "2.0.0");
  other.replace(other.find("price"), 5, "quote");
  ASSERT_TRUE(bench.definitions().add(longer, "api", runtime::Replace::kNo, true)->registered.has_value());
  ASSERT_TRUE(bench.definitions().add(other, "api", runtime::Replace::kNo, true)->registered.has_value());
  auto command = from(original, "failed");
  command.version = "2.0.0";
  const auto differs = bench.replay(command);
  EXPECT_EQ(differs.error().code, "replay.differs");
  EXPECT_THAT(differs.error().message, HasSubstr("price"));
  command.version = "1.1.0";
  const auto replay = bench.replay(command);
  ASSERT_TRUE(replay.has_value()) << to_text(replay.error());
  EXPECT_EQ(bench.run_to_end(replay->id).outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(bench.script.steps().back(), "thank");
}

// A workflow that pays, then does `last`; what stands in `use` and `saga`, and `pay` itself.
std::string paying(const char* version, const char* use, const char* pay, const char* triggers = "[cancel]") {
  return fmt::format(R"(
document: {{ dsl: '1.0.3', namespace: shop, name: checkout, version: '{}' }}
use: {}
saga: {{ compensation: {{ triggers: {} }} }}
do:
  - pay: {}
  - last: {{ raise: {{ error: {{ type: 'https://shop.example.com/no', status: 409 }} }} }}
)",
                     version, use, triggers, pay);
}

constexpr const char* kLogged =
    "{ extensions: [ { calls: { extend: call, after: [ { note: { set: { a: 1 } } } ] } }, "
    "{ sets: { extend: set, after: [ { note: { set: { a: 1 } } } ] } }, "
    "{ emits: { extend: emit, after: [ { note: { set: { a: 1 } } } ] } } ] }";
constexpr const char* kRefunded =
    "{ call: payments.charge, with: {}, compensate: { call: payments.refund, with: { orderId: o1 } } }";

Result<runtime::Started> replay_with(RuntimeBench& bench, const ExecutionId& original, const std::string& newer,
                                     std::string place = "failed") {
  EXPECT_TRUE(bench.definitions().add(newer, "api", runtime::Replace::kNo, true)->registered.has_value());
  auto command = from(original, std::move(place));
  command.version = "1.1.0";
  return bench.replay(command);
}

void expect_pay_differs(const std::string& older, const std::string& newer) {
  RuntimeBench bench({}, older.c_str());
  const auto original = bench.start()->id;
  ASSERT_EQ(bench.run_to_end(original).outcome, saga::Outcome::kFaulted);
  const auto refused = replay_with(bench, original, newer);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, "replay.differs");
  EXPECT_THAT(refused.error().message, HasSubstr("has other steps in the place of: pay"));
}

TEST(EngineReplay, RefusesHooksAroundWhatItWouldHaveToUndo) {
  expect_pay_differs(paying("1.0.0", "{}", kRefunded), paying("1.1.0", kLogged, kRefunded, "[fault]"));
}

TEST(EngineReplay, RefusesAFunctionThatHasGrownAroundItsCall) {
  const char* const one = "{ functions: { charge: { call: payments.charge, with: {} } } }";
  const char* const two =
      "{ functions: { charge: { do: [ { a: { call: payments.charge, with: {} } }, { b: { call: stock.reserve, with: {} "
      "} } ] } } }";
  expect_pay_differs(paying("1.0.0", one, "{ call: charge }"), paying("1.1.0", two, "{ call: charge }"));
}

TEST(EngineReplay, RefusesHooksAroundAnEventThatItWouldHaveToTakeBack) {
  const char* const placed =
      "{ emit: { event: { with: { source: shop, type: com.shop.placed } } }, "
      "compensate: [ { back: { emit: { event: { with: { source: shop, type: com.shop.withdrawn } } } } } ] }";
  expect_pay_differs(paying("1.0.0", "{}", placed), paying("1.1.0", kLogged, placed));
}

TEST(EngineReplay, RefusesHooksAroundThePivot) {
  const char* const go = "{ call: payments.charge, with: {}, pivot: true }";
  const std::string older = paying("1.0.0", "{}", go);
  RuntimeBench bench({}, older.c_str());
  const auto original = bench.start()->id;
  ASSERT_EQ(bench.view(original)->phase, saga::Phase::kSuspended);
  ASSERT_TRUE(bench.command(original, {.actor = "ann", .what = saga::TerminateExecution{"enough"}}));
  EXPECT_EQ(replay_with(bench, original, paying("1.1.0", kLogged, go), "last").error().code, "replay.differs");
}

TEST(EngineReplay, GoesOnWithHooksAroundWhatHasNoEffect) {
  const std::string older = paying("1.0.0", "{}", "{ set: { price: 1 } }");
  RuntimeBench bench({}, older.c_str());
  const auto original = bench.start()->id;
  const auto replay = replay_with(bench, original, paying("1.1.0", kLogged, "{ set: { price: 1 } }"));
  ASSERT_TRUE(replay.has_value()) << to_text(replay.error());
  EXPECT_EQ(find_step(bench.run_to_end(replay->id), "pay")->output.text(), R"({"price":1})");
}

TEST(EngineReplay, WritesBothSidesOrNeither) {
  RuntimeBench bench;
  const auto original = fail_at(bench, "ship");
  bench.store.fail_next(ports::Verdict::kRejected);
  EXPECT_EQ(bench.replay(from(original, "start")).error().code, "store.unavailable");
  EXPECT_TRUE(bench.view(original)->replays.empty());
  bench.store.fail_next(ports::Verdict::kConflict);
  EXPECT_TRUE(bench.replay(from(original, "start")).has_value());
  EXPECT_EQ(bench.view(original)->replays.size(), 1u);
}

TEST(EngineReplay, IsRefusedForTheTimeBeingWhereOthersKeepWriting) {
  RuntimeBench bench;
  const auto original = fail_at(bench, "ship");
  for (int i = 0; i < 3; ++i) bench.store.fail_next(ports::Verdict::kConflict);
  EXPECT_EQ(bench.replay(from(original, "start")).error().code, "store.unavailable");
  EXPECT_TRUE(bench.view(original)->replays.empty());
}

TEST(EngineReplay, RefusesWhatHasNotEndedOrFailedOrBeenReached) {
  RuntimeBench bench({}, kNoUndo);
  const auto completed = bench.start()->id;
  EXPECT_EQ(bench.replay(from(completed, "failed")).error().code, "replay.not_failed");
  const auto failed = fail_at(bench, "order.charge");
  EXPECT_EQ(bench.replay(from(failed, "ship")).error().code, "replay.unknown_step");
  bench.script.set_rule([](const auto&) { return std::nullopt; });
  const auto running = bench.start()->id;
  EXPECT_EQ(bench.replay(from(running, "start")).error().code, "replay.not_ended");
}

TEST(EngineReplay, WaitsOnlyWhereTheOriginalDidNot) {
  const char* const held = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - rest: { wait: PT10M }
  - ship: { call: shipping.ship, with: {} }
)";
  RuntimeBench bench({}, held);
  bench.script.set_rule([](const auto&) { return refused(); });
  const auto failed = bench.start()->id;
  bench.run_to_end(failed);
  const auto cancelled = bench.start()->id;
  ASSERT_EQ(bench.view(cancelled)->phase, saga::Phase::kWaiting);
  ASSERT_TRUE(bench.command(cancelled, {.actor = "ann", .what = saga::CancelExecution{}}));
  bench.script.set_rule([](const auto&) { return done(); });
  const auto after = bench.replay(from(failed, "failed"));
  const auto again = bench.replay(from(cancelled, "failed"));
  EXPECT_EQ(bench.view(after->id)->outcome, saga::Outcome::kCompleted);
  EXPECT_EQ(bench.view(again->id)->phase, saga::Phase::kWaiting);
  EXPECT_EQ(bench.run_to_end(again->id).outcome, saga::Outcome::kCompleted);
}

TEST(EngineReplay, RefusesWhatIsAboutToBeRemoved) {
  RuntimeBench bench({.retention = std::chrono::minutes(30)});
  const auto original = fail_at(bench, "ship");
  bench.advance(std::chrono::minutes(28));
  EXPECT_TRUE(bench.replay(from(original, "start")));
  bench.advance(std::chrono::seconds(90));
  EXPECT_EQ(bench.replay(from(original, "start")).error().code, "replay.expired");
}

}  // namespace
}  // namespace skald::test
