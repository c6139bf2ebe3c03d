#include "engine/dry_run/schedule.hpp"

#include <gtest/gtest.h>

#include "tests/engine/dry_run/try_out.hpp"

namespace skald::dry_run {
namespace {

class Names : public testing::Test {
 protected:
  definition::DefinitionPtr definition_ = definition_of(
      "do:\n"
      "  - charge: { call: p.charge, compensate: { call: p.refund, with: { id: '${ $workflow.input.id }' } } }\n"
      "  - one: { do: [ { ship: { call: p.ship } }, { tell: { call: p.tell } } ] }\n"
      "  - two: { do: [ { ship: { call: p.ship } } ] }\n");

  std::string found(const std::string& name) {
    const auto path = find_path(*definition_, name);
    return path ? *path : path.error().message + " | " + path.error().remedy;
  }
};

TEST_F(Names, APathOrANameThatOneStepHas) {
  EXPECT_EQ(found("charge"), "charge");
  EXPECT_EQ(found("charge/compensate"), "charge/compensate");
  EXPECT_EQ(found("one.ship#2"), "one.ship#2");
  EXPECT_EQ(found("tell"), "one.tell");
  EXPECT_EQ(found("tell#2"), "one.tell#2");
}

TEST_F(Names, OthersAreRefusedWithWhatIsThere) {
  EXPECT_EQ(found("ship"), "several steps have this name | name one of them: one.ship, two.ship");
  EXPECT_EQ(found("chrage"),
            "the workflow has no such step; did you mean 'charge'? | its steps are charge, charge/compensate, one, "
            "one.ship, one.tell, two, two.ship");
}

TEST(NamesOfSteps, WithHooksAreTheirOwn) {
  const auto definition = definition_of(
      "use:\n"
      "  extensions:\n"
      "    - log: { extend: call, after: [ note: { set: { x: 1 } } ] }\n"
      "    - more: { extend: call, before: [ ask: { set: { x: 1 } } ] }\n"
      "do:\n"
      "  - charge: { call: p.charge, compensate: { call: p.refund, with: { id: '${ $workflow.input.id }' } } }\n"
      "  - parts: { do: [ { ship: { call: p.ship, compensate: { call: p.back, with: { id: 1 } } } } ] }\n");
  const auto found = [&](const std::string& name) {
    const auto path = find_path(*definition, name);
    return path ? *path : path.error().message + " | " + path.error().remedy;
  };
  EXPECT_EQ(found("charge"), "charge.charge.charge");
  EXPECT_EQ(found("charge#2"), "charge#2.charge.charge");
  EXPECT_EQ(found("charge/compensate"), "charge.charge.charge/compensate");
  EXPECT_EQ(found("ship"), "parts.ship.ship.ship");
  EXPECT_EQ(found("ship#2"), "parts.ship#2.ship.ship");
  EXPECT_EQ(found("parts.ship/compensate"), "parts.ship.ship.ship/compensate");
  EXPECT_EQ(found("charge.charge.charge"), "charge.charge.charge");
}

TEST_F(Names, AFaultIsANameAndAnOutcome) {
  const auto fault = parse_fault(*definition_, "tell=crash-before");
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(*fault, (Fault{.call = "one.tell", .trouble = Trouble::kCrashBefore}));
  const auto wrong = parse_fault(*definition_, "tell=boom");
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(
      to_text(wrong.error()),
      "tell=boom: 'boom' is no outcome of a call; an outcome is one of done, refused, unknown, lost, slow, crash, "
      "crash-before");
  EXPECT_EQ(parse_fault(*definition_, "tell").error().message, "must be written NAME=OUTCOME");
}

TEST(Schedule, IsWrittenForPeopleAndForTheCommandLine) {
  Schedule schedule;
  EXPECT_EQ(to_text(schedule), "nothing goes wrong");
  EXPECT_EQ(to_flags(schedule), "");
  schedule.faults = {{"a.b", Trouble::kLost}, {"a.b/compensate", Trouble::kRefused}};
  schedule.interruption =
      Interruption{.what = Interruption::What::kTimeout, .when = Interruption::When::kAfter, .step = "c"};
  EXPECT_EQ(to_text(schedule), "a.b lost on the way, a.b/compensate refused, timed out after c");
  EXPECT_EQ(to_flags(schedule), "--step a.b=lost --step a.b/compensate=refused --timeout-after c");
}

}  // namespace
}  // namespace skald::dry_run
