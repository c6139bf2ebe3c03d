// One schedule at a time: what is called, in which order, and how it ends.
#include "engine/dry_run/world.hpp"

#include <gmock/gmock.h>

#include "engine/dry_run/verdict.hpp"
#include "tests/engine/dry_run/try_out.hpp"

namespace skald::dry_run {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kReserveAndCharge =
    "timeout: { after: PT1M }\n"
    "do:\n"
    "  - reserve: { call: p.reserve, compensate: { call: p.release, with: { id: '${ $workflow.input.id }' } } }\n"
    "  - charge: { call: p.charge, compensate: { call: p.refund, with: { id: '${ $workflow.input.id }' } } }\n";

// The calls in order, "charge/compensate" for an undo, "?charge" for settling.
std::vector<std::string> calls_of(const Run& run) {
  std::vector<std::string> calls;
  for (const auto& line : run.lines) {
    if (line.kind == Line::Kind::kSettle) calls.push_back("?" + line.step);
    if (line.kind == Line::Kind::kCall || line.kind == Line::Kind::kUndo) calls.push_back(line.step);
  }
  return calls;
}

Run play_with(const std::string& body, std::vector<Fault> faults, std::optional<Interruption> interruption = {}) {
  const auto subject = subject_of(definition_of(body));
  return play(subject, {.faults = std::move(faults), .interruption = std::move(interruption)});
}

Interruption cancel(Interruption::When when, std::string step) {
  return {.what = Interruption::What::kCancel, .when = when, .step = std::move(step)};
}

TEST(World, NothingGoesWrong) {
  const auto run = play_with(kReserveAndCharge, {});
  EXPECT_EQ(run.ending, Ending::kCompleted);
  EXPECT_THAT(calls_of(run), ElementsAre("reserve", "charge"));
  EXPECT_EQ(run.duration, Millis(200));
  EXPECT_THAT(run.standing, ElementsAre("reserve", "charge"));
}

TEST(World, AStepWithHooksMeetsItsTrouble) {
  const std::string body =
      "use: { extensions: [ { log: { extend: call, after: [ { note: { set: { x: 1 } } } ] } } ] }\n" +
      kReserveAndCharge;
  const auto definition = definition_of(body);
  const auto refused = parse_fault(*definition, "charge=refused");
  const auto undo = parse_fault(*definition, "reserve/compensate=unknown");
  ASSERT_TRUE(refused && undo);
  const auto run = play_with(body, {*refused, *undo});
  EXPECT_EQ(run.ending, Ending::kCompensated);
  EXPECT_THAT(calls_of(run), ElementsAre("reserve.reserve", "charge.charge", "reserve.reserve/compensate",
                                         "reserve.reserve/compensate"));  // the first one is not answered
}

TEST(World, ARefusalIsUndone) {
  const auto run = play_with(kReserveAndCharge, {{"charge", Trouble::kRefused}});
  EXPECT_EQ(run.ending, Ending::kCompensated);
  EXPECT_THAT(calls_of(run), ElementsAre("reserve", "charge", "reserve/compensate"));
  EXPECT_THAT(run.standing, IsEmpty());
}

TEST(World, AnUnknownCallIsSettledAndUndone) {
  for (const Trouble trouble : {Trouble::kUnknown, Trouble::kLost}) {
    const auto run = play_with(kReserveAndCharge, {{"charge", trouble}});
    EXPECT_EQ(run.ending, Ending::kCompensated);
    EXPECT_THAT(calls_of(run), ElementsAre("reserve", "charge", "?charge", "charge/compensate", "reserve/compensate"));
    EXPECT_THAT(run.standing, IsEmpty());
  }
}

TEST(World, ACrashIsSurvived) {
  for (const Trouble trouble : {Trouble::kCrash, Trouble::kCrashBefore}) {
    const auto run = play_with(kReserveAndCharge, {{"charge", trouble}});
    EXPECT_EQ(run.ending, Ending::kCompleted);
    EXPECT_THAT(calls_of(run), ElementsAre("reserve", "charge", "charge"));
    EXPECT_THAT(run.standing, ElementsAre("reserve", "charge"));
  }
}

TEST(World, ACrashOnTheWayBackIsSurvived) {
  const auto run =
      play_with(kReserveAndCharge, {{"charge", Trouble::kRefused}, {"reserve/compensate", Trouble::kCrash}});
  EXPECT_EQ(run.ending, Ending::kCompensated);
  EXPECT_THAT(calls_of(run), ElementsAre("reserve", "charge", "reserve/compensate", "reserve/compensate"));
}

TEST(World, ARefusedUndoParks) {
  const auto run =
      play_with(kReserveAndCharge, {{"charge", Trouble::kRefused}, {"reserve/compensate", Trouble::kRefused}});
  EXPECT_EQ(run.ending, Ending::kParked);
  EXPECT_THAT(run.standing, ElementsAre("reserve"));
}

TEST(World, ACancellationWaitsForTheCallAndUndoesIt) {
  for (const auto& when :
       {cancel(Interruption::When::kDuring, "charge"), cancel(Interruption::When::kAfter, "reserve")}) {
    const auto run = play_with(kReserveAndCharge, {}, when);
    EXPECT_EQ(run.ending, Ending::kCancelled);
    EXPECT_THAT(calls_of(run), ElementsAre("reserve", "charge", "charge/compensate", "reserve/compensate"));
    EXPECT_THAT(run.standing, IsEmpty());
  }
}

TEST(World, ACancellationAfterTheEndIsNone) {
  const auto run = play_with(kReserveAndCharge, {}, cancel(Interruption::When::kAfter, "charge"));
  EXPECT_EQ(run.ending, Ending::kCompleted);
  EXPECT_FALSE(run.was_interrupted);
}

TEST(World, TheWorkflowsTimeoutIsTheOthersWayBack) {
  const auto run =
      play_with(kReserveAndCharge, {}, Interruption{.what = Interruption::What::kTimeout, .step = "charge"});
  EXPECT_EQ(run.ending, Ending::kCompensated);
  EXPECT_GE(run.duration, std::chrono::minutes(1));
}

TEST(World, APivotRefusesToBeCancelled) {
  const auto run = play_with("do: [ { charge: { call: p.charge, pivot: true } } ]\n", {},
                             cancel(Interruption::When::kDuring, "charge"));
  EXPECT_TRUE(run.was_refused);
  EXPECT_EQ(run.ending, Ending::kCompleted);
}

TEST(World, AnEndlessRetryIsAnsweredInTheEnd) {
  const auto run = play_with("do: [ { a: { call: p.a, retry: { delay: PT1S } } } ]\n", {{"a", Trouble::kUnknown}});
  EXPECT_EQ(run.ending, Ending::kCompleted);
  EXPECT_EQ(run.calls, kUnansweredMax + 1);
}

TEST(World, YearsPassInNoTime) {
  const auto run = play_with("do: [ { a: { wait: P3650D } } ]\n", {});
  EXPECT_EQ(run.ending, Ending::kCompleted);
  EXPECT_EQ(run.duration, std::chrono::hours(24 * 3650));
}

TEST(World, AnswersAreGivenInTurn) {
  Given given;
  given.outputs["look"] = {Payload::from_trusted_text(R"({"state":"open"})"),
                           Payload::from_trusted_text(R"({"state":"paid"})")};
  const auto subject = subject_of(
      definition_of(
          "do:\n"
          "  - look: { call: p.look }\n"
          "  - decide: { switch: [ { open: { when: .state == \"open\", then: pause } }, { paid: { then: ship } } ] }\n"
          "  - pause: { wait: PT1M, then: look }\n"
          "  - ship: { call: p.ship }\n"),
      std::move(given));
  const auto run = play(subject, {});
  EXPECT_THAT(calls_of(run), ElementsAre("look", "look#2", "ship"));
  EXPECT_EQ(run.ending, Ending::kCompleted);
}

// Beside a call that crashes the engine another one is under way.
TEST(World, ACrashForgetsTheAnswersOfOtherCalls) {
  const auto run = play_with(
      "do:\n"
      "  - f:\n"
      "      fork:\n"
      "        branches:\n"
      "          - a: { call: p.a, compensate: { call: p.x, with: { id: '${ $workflow.input.id }' } } }\n"
      "          - b: { call: p.b, compensate: { call: p.x, with: { id: '${ $workflow.input.id }' } } }\n",
      {{"f.b", Trouble::kCrash}});
  EXPECT_EQ(run.ending, Ending::kCompleted);
  EXPECT_THAT(calls_of(run), ElementsAre("f.a", "f.b", "f.a", "f.b"));
  EXPECT_EQ(run.lines[0].words, "done, but the engine crashes before it hears of it");
}

TEST(World, IsTheSameEveryTime) {
  const auto one = play_with(kReserveAndCharge, {{"charge", Trouble::kUnknown}});
  const auto other = play_with(kReserveAndCharge, {{"charge", Trouble::kUnknown}});
  ASSERT_EQ(one.lines.size(), other.lines.size());
  for (std::size_t i = 0; i < one.lines.size(); ++i) EXPECT_EQ(one.lines[i].words, other.lines[i].words);
  EXPECT_EQ(one.duration, other.duration);
}

}  // namespace
}  // namespace skald::dry_run
