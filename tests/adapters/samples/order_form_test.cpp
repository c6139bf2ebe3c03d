#include "adapters/samples/order_form.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace skald::samples {
namespace {

using nlohmann::json;

std::string detail_of(const char* service, const json& body) {
  NewEffect effect;
  const auto refusal = read_form(service, body, effect);
  return refusal ? refusal->detail : "";
}

TEST(OrderForm, AmountsAreKeptInCents) {
  NewEffect effect;
  EXPECT_FALSE(read_form("payments", {{"amount", 19.99}, {"currency", "EUR"}}, effect));
  EXPECT_EQ(effect.cents, 1999);
}

TEST(OrderForm, WrongChargesSayWhy) {
  EXPECT_EQ(detail_of("payments", {{"amount", "12"}, {"currency", "EUR"}}), "amount must be a number");
  EXPECT_EQ(detail_of("payments", {{"amount", -1}, {"currency", "EUR"}}), "amount must be above 0 and at most 1000000");
  EXPECT_EQ(detail_of("payments", {{"amount", 1e300}, {"currency", "EUR"}}),
            "amount must be above 0 and at most 1000000");
  EXPECT_EQ(detail_of("payments", {{"amount", 0.001}, {"currency", "EUR"}}), "amount must be at least 0.01");
  EXPECT_EQ(detail_of("payments", {{"amount", 1}, {"currency", "euro"}}), "currency must be three capital letters");
}

TEST(OrderForm, ItemsOfOneSkuAddUp) {
  NewEffect effect;
  EXPECT_FALSE(read_form("inventory",
                         {{"items", {{{"sku", "tea"}, {"quantity", 1}}, {{"sku", "tea"}, {"quantity", 2}}}}}, effect));
  EXPECT_EQ(effect.items.at("tea"), 3);
}

TEST(OrderForm, WrongItemsSayWhy) {
  EXPECT_EQ(detail_of("inventory", json::object()), "items must be a list of 1 to 100 entries");
  EXPECT_EQ(detail_of("inventory", {{"items", {1}}}), "items[0].sku must be a text");
  EXPECT_EQ(detail_of("inventory", {{"items", {{{"sku", "tea"}, {"quantity", "x"}}}}}),
            "items[0].quantity must be a whole number from 1 to 1000");
  EXPECT_EQ(detail_of("inventory", {{"items", {{{"sku", "tea"}, {"quantity", -5}}}}}),
            "items[0].quantity must be a whole number from 1 to 1000");
}

TEST(OrderForm, NoCarrierGoesToNowhere) {
  EXPECT_EQ(detail_of("shipping", {{"address", "Nowhere"}}), "No carrier goes to Nowhere");
  EXPECT_EQ(detail_of("shipping", {{"address", ""}}), "address must be a text");
}

TEST(IdempotencyKey, IsAStructuredFieldStringOrBare) {
  EXPECT_EQ(parse_key("\"e1/charge#2/compensate\""), "e1/charge#2/compensate");
  EXPECT_EQ(parse_key("e1/charge"), "e1/charge");
  EXPECT_EQ(parse_key(R"("a\"b\\c")"), R"(a"b\c)");
  for (const char* bad : {"", "\"\"", "\"open", "\"a\"b", R"("a\x")", "two words", "a\tb"}) {
    EXPECT_EQ(parse_key(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(parse_key(std::string(513, 'k')), std::nullopt);
}

}  // namespace
}  // namespace skald::samples
