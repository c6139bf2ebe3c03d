#include "adapters/samples/faults.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace skald::samples {
namespace {

using nlohmann::json;

const FaultSubject kCharged{.service = "payments", .undoes = false, .operation = "charge", .order_id = "o1"};
const FaultSubject kRefund{.service = "payments", .undoes = true, .operation = "refund", .order_id = "o1"};

std::string refusal_of(const json& rule) {
  Faults faults(1);
  try {
    faults.add(rule);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

TEST(Faults, StrikesWhatItNamesAsOftenAsItSays) {
  Faults faults(1);
  faults.add({{"mode", "error"}, {"service", "payments"}, {"operation", "do"}, {"orderId", "o1"}, {"count", 2}});
  EXPECT_FALSE(faults.strike(kRefund, {}));
  EXPECT_FALSE(faults.strike({"payments", false, "charge", "o2"}, {}));
  EXPECT_FALSE(faults.strike({"shipping", false, "create", "o1"}, {}));
  EXPECT_EQ(faults.strike(kCharged, {})->status, 500);
  EXPECT_TRUE(faults.strike(kCharged, {}));
  EXPECT_FALSE(faults.strike(kCharged, {}));
  EXPECT_EQ(faults.list(), json::array());
}

TEST(Faults, OperationMayBeItsName) {
  Faults faults(1);
  faults.add({{"mode", "refuse"}, {"operation", "refund"}});
  EXPECT_FALSE(faults.strike(kCharged, {}));
  EXPECT_TRUE(faults.strike(kRefund, {}));
}

TEST(Faults, ProbabilityComesFromTheSeed) {
  const auto strikes = [](std::uint64_t seed) {
    Faults faults(seed);
    faults.add({{"mode", "down"}, {"probability", 0.3}});
    int count = 0;
    for (int i = 0; i < 1000; ++i) count += faults.strike(kCharged, {}) ? 1 : 0;
    return count;
  };
  EXPECT_NEAR(strikes(1), 300, 60);
  EXPECT_EQ(strikes(7), strikes(7));
}

TEST(Faults, QueryStrikesWhereNoRuleFits) {
  Faults faults(1);
  faults.add({{"mode", "down"}, {"count", 1}});
  HttpRequest request;
  request.query = {{"delay", "PT0.25S"}};
  EXPECT_EQ(faults.strike(kCharged, request)->mode, FaultMode::kDown);
  const auto fault = faults.strike(kCharged, request);
  EXPECT_EQ(fault->mode, FaultMode::kDelay);
  EXPECT_EQ(fault->delay.count(), 250);
  request.query = {{"fail", "404"}, {"delay", "PT1S"}};
  EXPECT_EQ(faults.strike(kCharged, request)->mode, FaultMode::kRefuse);
  request.query = {{"fail", "yes"}};
  EXPECT_THROW(faults.strike(kCharged, request), std::invalid_argument);
}

TEST(Faults, MalformedRulesSayWhy) {
  EXPECT_EQ(refusal_of({{"mode", "bad"}}),
            "mode must be refuse, error, delay, late, lostReply, garbage or down (got 'bad')");
  EXPECT_EQ(refusal_of({{"mode", "down"}, {"order", "o"}}), "unknown member 'order'");
  EXPECT_EQ(refusal_of({{"mode", "down"}, {"count", 0}}), "count must be a whole number from 1 to 1000000000");
  EXPECT_EQ(refusal_of({{"mode", "down"}, {"probability", 2}}), "probability must be a number from 0 to 1");
  EXPECT_EQ(refusal_of({{"mode", "down"}, {"orderId", 3}}), "orderId must be a string");
  EXPECT_EQ(refusal_of(json::array()), "the body must be a JSON object");
}

}  // namespace
}  // namespace skald::samples
