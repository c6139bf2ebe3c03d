// What a dry run finds, how it is bounded, and that it says the same twice.
#include "engine/dry_run/explore.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "engine/dry_run/report_json.hpp"
#include "engine/dry_run/report_text.hpp"
#include "tests/engine/dry_run/try_out.hpp"

namespace skald::dry_run {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kPair =
    "do:\n"
    "  - reserve: { call: p.reserve, compensate: { call: p.release, with: { id: '${ $workflow.input.id }' } } }\n"
    "  - charge: { call: p.charge, compensate: { call: p.refund, with: { id: '${ $workflow.input.id }' } } }\n";
const std::string kUnprotected = "do: [ { reserve: { call: p.reserve } }, { charge: { call: p.charge } } ]\n";

std::string chain_of(int steps) {
  std::string body = "do:\n";
  for (int i = 0; i < steps; ++i) {
    body += fmt::format(
        "  - s{}: {{ call: p.do, compensate: {{ call: p.undo, with: {{ id: '${{ $workflow.input.id }}' }} }} }}\n", i);
  }
  return body;
}

std::vector<std::string> kinds_of(const Report& report) {
  std::vector<std::string> kinds;
  for (const auto& reported : report.findings) kinds.push_back(reported.finding.kind + " " + reported.finding.step);
  return kinds;
}

TEST(Explore, ASoundWorkflowHasNoFindings) {
  const auto report = explore(subject_of(definition_of(kPair)), {});
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_FALSE(has_errors(report));
  ASSERT_EQ(report.levels.size(), 3u);
  for (const auto& level : report.levels) EXPECT_EQ(level.tried, level.found);
  EXPECT_EQ(report.levels[0].tried, 2 * 6 + 2u);  // six troubles a call, and a cancellation during each
  EXPECT_THAT(report.not_tried,
              ElementsAre("four and more troubles at once, other data, an operator's word on an incident"));
}

TEST(Explore, AnEffectThatNothingUndoesIsFound) {
  const auto report = explore(subject_of(definition_of(kUnprotected)), {});
  EXPECT_THAT(kinds_of(report), ElementsAre("effect-stands reserve", "effect-stands charge"));
  const auto& finding = report.findings[0].finding;
  EXPECT_EQ(finding.message, "reserve stands when all is over: nothing undoes it");
  EXPECT_EQ(finding.remedy,
            "give it a `compensate`, or say why it may stand: `metadata: { skald: { mayStand: ... } }` (for once, "
            "--may-stand reserve)");
  EXPECT_EQ(finding.mark.line, 2u);
}

TEST(Explore, AnEffectThatMayStandIsNone) {
  const auto report = explore(subject_of(definition_of(kUnprotected)), {.may_stand = {"reserve", "charge"}});
  EXPECT_THAT(report.findings, IsEmpty());
}

TEST(Explore, AReadingCallHasNoEffect) {
  Given given;
  given.operations = definition::OperationCatalog{
      .adapters = {{"p", {{"reserve", {.method = "GET", .path = "/r"}}, {"charge", {.method = "GET", .path = "/c"}}}}}};
  EXPECT_THAT(explore(subject_of(definition_of(kUnprotected), std::move(given)), {}).findings, IsEmpty());
}

TEST(Explore, ATriggerThatIsLeftOutIsFound) {
  const auto report = explore(subject_of(definition_of("saga: { compensation: { triggers: [fault] } }\n" + kPair)), {});
  EXPECT_THAT(kinds_of(report), ElementsAre("effect-stands reserve", "effect-stands charge"));
  EXPECT_THAT(report.findings[0].finding.message, HasSubstr("`saga.compensation.triggers` leaves out cancel"));
}

TEST(Explore, AnUndoThatFailsOnItsDataIsFound) {
  const auto report =
      explore(subject_of(definition_of(
                  "do:\n"
                  "  - charge:\n"
                  "      call: p.charge\n"
                  "      compensate: { call: p.refund, with: { id: '${ .chargeId | ltrimstr(\"c-\") | error }' } }\n"
                  "  - ship: { call: p.ship, compensate: { call: p.unship, with: { id: 1 } } }\n")),
              {});
  EXPECT_THAT(kinds_of(report), Contains("undo-not-computable charge/compensate"));
  EXPECT_TRUE(has_errors(report));
}

TEST(Explore, AnUndoThatLacksWhatNobodyKnowsIsWarnedOf) {
  const auto report = explore(
      subject_of(definition_of(
          "do:\n"
          "  - charge:\n"
          "      call: p.charge\n"
          "      compensate: { call: p.refund, with: { id: '${ .chargeId }', order: '${ $workflow.input.order }' } }\n"
          "  - ship: { call: p.ship, compensate: { call: p.unship, with: { id: 1 } } }\n")),
      {});
  EXPECT_THAT(kinds_of(report), ElementsAre("undo-lacks-data charge/compensate"));
  EXPECT_EQ(report.findings[0].finding.message,
            "charge/compensate is called without a value for with.id where nobody knows what charge answered");
  EXPECT_EQ(to_flags(report.findings[0].example.schedule), "--step charge=lost");
  EXPECT_FALSE(has_errors(report));
}

TEST(Explore, ParkedExecutionsAreCountedWithTheirIncident) {
  const auto report = explore(subject_of(definition_of(kPair)), {});
  ASSERT_EQ(report.parked.size(), 2u);
  EXPECT_EQ(report.parked[0].step, "reserve/compensate");
  EXPECT_EQ(report.parked[0].incident, "undo-failed");
  EXPECT_EQ(to_flags(report.parked[0].example), "--step reserve=unknown --step reserve/compensate=refused");
}

TEST(Explore, KnowsTheShortestAndTheLongestRun) {
  const auto report = explore(subject_of(definition_of(kPair)), {});
  const auto extremes = extremes_of(report);
  EXPECT_EQ(report.tried[extremes.fewest_calls].calls, 1u);
  EXPECT_EQ(to_text(report.tried[extremes.fewest_calls].candidate.schedule), "reserve refused");
  EXPECT_EQ(report.tried[extremes.most_calls].calls, 7u);
  EXPECT_GE(report.tried[extremes.longest].duration, std::chrono::seconds(60));
}

TEST(Explore, TheSameSeedSaysTheSame) {
  const auto subject = subject_of(definition_of(chain_of(8)));
  const auto said = [&](std::uint64_t seed) {
    return dump_json(to_json(explore(subject, {.seed = seed, .runs_max = 150}), {.file = "w", .command = "c"}));
  };
  EXPECT_EQ(said(3), said(3));
  EXPECT_NE(said(3), said(4));
}

TEST(Explore, SaysWhatItDidNotTry) {
  const auto report = explore(subject_of(definition_of(chain_of(8))), {.seed = 5, .runs_max = 100});
  EXPECT_EQ(report.tried.size(), 100u);
  EXPECT_EQ(report.levels[0].tried, 56u);
  EXPECT_EQ(report.levels[1].tried, 43u);
  EXPECT_THAT(report.not_tried, Contains(fmt::format("{} of {} pairs of troubles; those tried were chosen by seed 5",
                                                     report.levels[1].found - 43, report.levels[1].found)));
}

TEST(Explore, ALargeWorkflowIsTriedInPart) {
  const auto report = explore(subject_of(definition_of(chain_of(400))), {.work_max = 5'000'000});
  EXPECT_GT(report.tried.size(), 3u);
  EXPECT_LT(report.tried.size(), 100u);
  EXPECT_THAT(report.not_tried, Contains(HasSubstr("the workflow is large")));
}

TEST(Explore, AFlowThatGoesRoundIsStopped) {
  const auto report = explore(subject_of(definition_of("do:\n"
                                                       "  - look: { call: p.look }\n"
                                                       "  - pause: { wait: PT1S, then: look }\n")),
                              {.work_max = 5'000'000});
  EXPECT_THAT(kinds_of(report), Contains("never-ends "));
  EXPECT_THAT(report.not_tried,
              Contains(HasSubstr("troubles in other entries of a step than the first two and the last")));
}

TEST(Explore, DataThatDoesNotSuitIsWarnedOf) {
  const auto definition = definition_of(
      "do:\n"
      "  - charge: { call: p.charge, compensate: { call: p.refund, with: { id: '${ $workflow.input.id }' } } }\n"
      "  - ship: { call: p.ship, with: { zone: '${ $workflow.input.zone | ltrimstr(\"z\") | tonumber }' }, compensate: "
      "{ "
      "call: p.unship, with: { id: '${ $workflow.input.id }' } } }\n");
  const auto report = explore(subject_of(definition), {});
  EXPECT_THAT(kinds_of(report), ElementsAre("fails-untroubled ship"));
  EXPECT_THAT(report.findings[0].finding.message,
              HasSubstr("the execution ends compensated although nothing goes wrong: "));
  Given given;
  given.input = Payload::from_trusted_text(R"({"id":"1","zone":"z7"})");
  EXPECT_THAT(explore(subject_of(definition, std::move(given)), {}).findings, IsEmpty());
}

TEST(Explore, StepsThatNoRunCameToAreNamed) {
  const auto report = explore(subject_of(definition_of("do:\n"
                                                       "  - choose: { switch: [ { big: { when: $workflow.input.n == 5, "
                                                       "then: large } }, { other: { then: end } } ] }\n"
                                                       "  - large: { call: p.large }\n")),
                              {});
  EXPECT_THAT(
      report.not_tried,
      Contains("steps that no run came to: large; --input, --output or a schedule that was not tried may lead there"));
}

}  // namespace
}  // namespace skald::dry_run
