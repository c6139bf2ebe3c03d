// Which events a filter takes, and what it correlates them by.
#include "engine/definition/event_filter.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace skald::definition {
namespace {

EventFilter filter(const Json& with, const Json& from = Json::object()) {
  auto compiled = EventFilter::compile(with, from);
  EXPECT_TRUE(compiled.has_value());
  return std::move(*compiled);
}

const Json kEvent = {{"specversion", "1.0"},
                     {"id", "1"},
                     {"source", "https://psp.example.com/eu?shop=1"},
                     {"type", "com.payments.paid"},
                     {"data", {{"amount", 5.0}, {"order", "A1"}}}};

bool takes(const Json& with) {
  return filter(with).matches(kEvent);
}

TEST(EventFilter, TextIsItselfOrAPatternForTheWhole) {
  EXPECT_TRUE(takes({{"type", "com.payments.paid"}}));
  // A dot is a dot where nothing else is a sign.
  EXPECT_FALSE(filter({{"type", "com.payments.paid"}}).matches({{"type", "comXpaymentsXpaid"}}));
  EXPECT_TRUE(takes({{"type", "com\\.payments\\.(paid|refunded)"}}));
  EXPECT_FALSE(takes({{"type", "payments.*"}}));
  EXPECT_TRUE(takes({{"source", "https://psp.example.com/eu?shop=1"}}));
  EXPECT_FALSE(takes({{"subject", ".*"}}));
}

TEST(EventFilter, AnExpressionIsTrueOrTheValue) {
  EXPECT_TRUE(takes({{"data", "${ .amount > 4 }"}}));
  EXPECT_FALSE(takes({{"data", "${ .amount > 5 }"}}));
  EXPECT_TRUE(takes({{"type", "${ \"com.payments\" + \".paid\" }"}}));
  // What cannot be asked of an event does not match it.
  EXPECT_FALSE(takes({{"data", "${ .order.id > 1 }"}}));
  EXPECT_TRUE(takes({{"data", {{"amount", 5}, {"order", "A1"}}}}));
}

TEST(EventFilter, KnowsItsOnlyType) {
  EXPECT_EQ(filter({{"type", "paid"}}).type(), "paid");
  EXPECT_EQ(filter({{"type", "paid|refunded"}}).type(), "");
  EXPECT_EQ(filter({{"type", "${ \"paid\" }"}}).type(), "");
  EXPECT_EQ(filter({{"source", "psp"}}).type(), "");
}

TEST(EventFilter, KeysAreTheSameOnBothSides) {
  const auto correlated = filter({{"type", "paid"}}, {{"b", ".data.amount"}, {"a", ".data.order"}});
  EXPECT_EQ(correlated.key_of(kEvent), EventFilter::make_key({"A1", 5}));
  EXPECT_EQ(correlated.key_of({{"data", {{"order", "A1"}}}}), std::nullopt);
  EXPECT_EQ(filter({{"type", "paid"}}).key_of(kEvent), "[]");
  EXPECT_NE(EventFilter::make_key({"5"}), EventFilter::make_key({5}));
}

TEST(EventFilter, LongKeysFitAnIndex) {
  const std::string order(5000, 'x');
  const auto key = filter({{"type", "paid"}}, {{"a", ".data"}}).key_of({{"data", order}});
  EXPECT_EQ(key, EventFilter::make_key({order}));
  EXPECT_LE(key->size(), 256u);
  EXPECT_NE(key, EventFilter::make_key({order + "y"}));
}

TEST(EventFilter, IsTheSameWhenItIsReadBack) {
  const auto made = filter({{"type", "paid"}, {"data", "${ .amount > 4 }"}}, {{"a", ".data.order"}});
  const auto read = EventFilter::parse(made.stored());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->shape(), made.shape());
  EXPECT_EQ(read->key_of(kEvent), made.key_of(kEvent));
  EXPECT_FALSE(EventFilter::parse("[]").has_value());
  EXPECT_EQ(EventFilter::compile({{"type", "("}}, Json::object()).error().subject, "/with/type");
}

}  // namespace
}  // namespace skald::definition
