#include "engine/dry_run/ledger.hpp"

#include <gmock/gmock.h>

#include "tests/engine/dry_run/try_out.hpp"

namespace skald::dry_run {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

saga::SendRequest request_of(std::string step, std::string method = "POST") {
  return {
      .step = step, .key = "x/" + step, .request = std::make_shared<saga::Request>(saga::Request{.method = method})};
}

class Books : public testing::Test {
 protected:
  bool arrive(const std::string& step, const std::string& method = "POST") {
    const auto request = request_of(step, method);
    ledger_.note_sent(request);
    return ledger_.arrive(request);
  }
  void lose(const std::string& step) { ledger_.note_sent(request_of(step)); }

  definition::DefinitionPtr definition_ = definition_of(
      "do:\n"
      "  - order:\n"
      "      do:\n"
      "        - charge:\n"
      "            call: p.charge\n"
      "            compensate:\n"
      "              - refund: { call: p.refund, with: { id: '${ $workflow.input.id }' } }\n"
      "              - tell: { call: p.tell, onError: continue }\n"
      "      compensate: { call: p.cancel, with: { id: '${ $workflow.input.id }' } }\n");
  Ledger ledger_{*definition_};
};

TEST_F(Books, AKeyHasItsEffectOnce) {
  EXPECT_TRUE(arrive("order.charge"));
  EXPECT_TRUE(arrive("order.charge"));
  EXPECT_THAT(ledger_.standing(), ElementsAre("order.charge"));
}

TEST_F(Books, ReadingHasNoEffect) {
  EXPECT_TRUE(arrive("order.charge", "GET"));
  EXPECT_THAT(ledger_.standing(), IsEmpty());
}

TEST_F(Books, ADoBehindItsUndoIsRefused) {
  EXPECT_TRUE(arrive("order.charge/compensate.refund"));
  EXPECT_FALSE(arrive("order.charge"));
  EXPECT_THAT(ledger_.standing(), IsEmpty());
}

TEST_F(Books, AnUndoInPartIsNone) {
  arrive("order.charge");
  lose("order.charge/compensate.refund");
  arrive("order.charge/compensate.tell");
  EXPECT_THAT(ledger_.standing(), ElementsAre("order.charge"));
}

TEST_F(Books, ABestEffortCallOfAnUndoMayBeLost) {
  arrive("order.charge");
  arrive("order.charge/compensate.refund");
  lose("order.charge/compensate.tell");
  EXPECT_THAT(ledger_.standing(), IsEmpty());
}

TEST_F(Books, TheUndoOfAStepCoversWhatIsInside) {
  arrive("order.charge");
  arrive("order/compensate");
  EXPECT_THAT(ledger_.standing(), IsEmpty());
}

TEST_F(Books, AnUndoThatOnlyReadsIsNone) {
  arrive("order.charge");
  arrive("order.charge/compensate.refund", "GET");
  EXPECT_THAT(ledger_.standing(), ElementsAre("order.charge"));
  arrive("order.charge/compensate.refund");
  arrive("order.charge/compensate.look", "GET");
  EXPECT_THAT(ledger_.standing(), IsEmpty());
}

TEST_F(Books, TheUndoOfAStepDoesNotCoverOneThatIsOwedItsOwn) {
  arrive("order.charge");
  lose("order.charge/compensate.refund");
  arrive("order/compensate");
  EXPECT_THAT(ledger_.standing(), ElementsAre("order.charge"));
}

}  // namespace
}  // namespace skald::dry_run
