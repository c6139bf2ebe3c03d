#include <gmock/gmock.h>

#include "tests/adapters/samples/shop_fixture.hpp"

namespace skald::samples {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kCharges = "/payments/charges";
constexpr const char* kRefunds = "/payments/orders/o1/refunds";
constexpr const char* kReservations = "/inventory/reservations";
constexpr const char* kCharge = R"({"orderId":"o1","amount":12.5,"currency":"EUR"})";
constexpr const char* kReserve = R"({"orderId":"o1","items":[{"sku":"tea","quantity":2},{"sku":"pot","quantity":1}]})";
constexpr const char* kShip = R"({"orderId":"o1","address":"Nowhere","items":[{"sku":"tea","quantity":2}]})";

using Shops = ShopFixture;

TEST_F(Shops, ChargeMovesMoneyOnce) {
  const auto first = post(kCharges, "e/c", kCharge);
  EXPECT_EQ(first->status, 201);
  const auto again = post(kCharges, "e/c", kCharge);
  EXPECT_EQ(again->status, 201);
  EXPECT_EQ(again->body, first->body);
  const auto balance = get("/audit/balance");
  EXPECT_EQ(balance["balanced"], true);
  EXPECT_EQ(balance["money"]["shopCents"], 1250);
  EXPECT_THAT(journal(), ElementsAre("received do 0", "applied do 201", "replied do 201", "received do 0",
                                     "repeated do 201", "replied do 201"));
}

TEST_F(Shops, RefusalIsRepeatedByteForByte) {
  const auto first = post("/shipping/shipments", "e/s", kShip);
  const auto again = post("/shipping/shipments", "e/s", kShip);
  EXPECT_EQ(first->status, 409);
  EXPECT_EQ(first->content_type, "application/problem+json");
  EXPECT_EQ(again->body, first->body);
  EXPECT_EQ(again->content_type, first->content_type);
}

TEST_F(Shops, KeyOfAnotherRequestIsRefused) {
  post(kCharges, "e/c", kCharge);
  EXPECT_EQ(post(kCharges, "e/c", R"({"orderId":"o1","amount":99,"currency":"EUR"})")->status, 422);
  EXPECT_EQ(post(kReservations, "e/c", kCharge)->status, 422);
  EXPECT_EQ(get("/audit")["items"].size(), 1u);
}

TEST_F(Shops, MissingKeyIsRefused) {
  const auto reply = post(kCharges, "", kCharge);
  EXPECT_EQ(reply->status, 400);
  EXPECT_THAT(reply->body, HasSubstr("Idempotency-Key"));
}

TEST_F(Shops, UndoGivesBackWhatItsKeyTook) {
  post(kCharges, "e1/c", kCharge);
  post(kCharges, "e2/c", kCharge);
  EXPECT_THAT(post(kRefunds, "e1/c/compensate", "{}")->body, HasSubstr(R"("undone":1)"));
  const auto items = get("/audit?orderId=o1")["items"];
  EXPECT_EQ(items[0]["state"], "undone");
  EXPECT_EQ(items[1]["state"], "standing");
  EXPECT_EQ(get("/audit/balance")["money"]["refundedCents"], 1250);
}

TEST_F(Shops, LateDoAfterItsUndoIsRefused) {
  EXPECT_EQ(post(kRefunds, "e/c/compensate", "")->status, 200);
  EXPECT_EQ(post(kCharges, "e/c", kCharge)->status, 409);
  EXPECT_EQ(post(kCharges, "other/c", kCharge)->status, 201) << "another execution may try the order again";
}

TEST_F(Shops, UndoUnderAForeignKeyCoversTheOrder) {
  post(kCharges, "a", kCharge);
  EXPECT_THAT(post(kRefunds, "b", "{}")->body, HasSubstr(R"("undone":1)"));
  EXPECT_EQ(post(kCharges, "c", kCharge)->status, 409);
}

TEST_F(Shops, ReservationTakesAllItemsOrNone) {
  EXPECT_EQ(post(kReservations, "e/r", kReserve)->status, 201);
  const auto reply = post(kReservations, "f/r",
                          R"({"orderId":"o2","items":[{"sku":"pot","quantity":1},{"sku":"sold-out","quantity":1}]})");
  EXPECT_EQ(reply->status, 409);
  EXPECT_THAT(reply->body, HasSubstr("sold-out"));
  EXPECT_EQ(get("/audit/balance")["stock"]["reserved"], 3);
  post("/inventory/orders/o1/releases", "e/r/compensate", "{}");
  const auto balance = get("/audit/balance");
  EXPECT_EQ(balance["stock"]["reserved"], 0);
  EXPECT_EQ(balance["balanced"], true);
}

TEST_F(Shops, LostReplyHasItsEffect) {
  EXPECT_TRUE(post(std::string(kCharges) + "?lost=reply", "e/c", kCharge)->drop);
  EXPECT_EQ(get("/audit")["items"].size(), 1u);
  EXPECT_THAT(journal(), ElementsAre("received do 0", "applied do 201", "cut do 201"));
}

TEST_F(Shops, DownAndErrorHaveNoEffect) {
  EXPECT_TRUE(post(std::string(kCharges) + "?down=1", "e/c", kCharge)->drop);
  EXPECT_EQ(post(std::string(kCharges) + "?fail=503", "e/c", kCharge)->status, 503);
  EXPECT_EQ(get("/audit")["items"].size(), 0u);
  EXPECT_EQ(post(kCharges, "e/c", kCharge)->status, 201);
}

TEST_F(Shops, DelayAppliesFirstAndAnswersLater) {
  EXPECT_EQ(post(std::string(kCharges) + "?delay=PT2S", "e/c", kCharge), std::nullopt);
  EXPECT_EQ(get("/audit")["items"].size(), 1u);
}

TEST_F(Shops, LateRequestMeetsTheTombstone) {
  EXPECT_FALSE(post(std::string(kCharges) + "?late=PT2S", "e/c", kCharge).has_value());
  const auto late = last_;
  post(kRefunds, "e/c/compensate", "{}");
  end_delay();
  EXPECT_EQ(late->value().status, 409);
  EXPECT_EQ(get("/audit")["items"].size(), 0u);
}

TEST_F(Shops, EffectsAreFoundByTheirId) {
  const auto id = nlohmann::json::parse(post(kCharges, "e/c", kCharge)->body)["chargeId"].get<std::string>();
  EXPECT_EQ(get("/payments/charges/" + id)["chargeId"], id);
  EXPECT_EQ(get("/shipping/shipments/" + id)["status"], 404);
}

TEST_F(Shops, MessageIsSentOnce) {
  post("/notifications/messages", "e/m", R"({"orderId":"o1","text":"hello"})");
  post("/notifications/messages", "e/m", R"({"orderId":"o1","text":"hello"})");
  EXPECT_EQ(get("/audit")["items"].size(), 1u);
}

}  // namespace
}  // namespace skald::samples
