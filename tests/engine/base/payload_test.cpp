#include "engine/base/payload.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace skald {
namespace {

TEST(Payload, DefaultIsNull) {
  EXPECT_EQ(Payload().text(), "null");
  EXPECT_TRUE(Payload().is_null());
  EXPECT_TRUE(Payload().json().is_null());
}

TEST(Payload, KeepsTheTextAsReceived) {
  const auto payload = Payload::from_text("{ \"b\":1, \"a\" : 2 }");
  ASSERT_TRUE(payload.has_value());
  EXPECT_EQ(payload->text(), "{ \"b\":1, \"a\" : 2 }");
  EXPECT_EQ(payload->json(), (Json{{"a", 2}, {"b", 1}}));
  EXPECT_FALSE(payload->is_null());
}

TEST(Payload, RefusesWhatIsNotJson) {
  EXPECT_EQ(Payload::from_text("{").error().code, "json.syntax");
  EXPECT_EQ(Payload::from_text(std::string(100, '[')).error().code, "json.depth");
}

TEST(Payload, WritesJsonCompactly) {
  EXPECT_EQ(Payload::from_json(Json{{"a", {1, 2}}}).text(), R"({"a":[1,2]})");
}

TEST(Payload, ComparesByValue) {
  EXPECT_EQ(Payload::from_trusted_text("{\"a\":1,\"b\":2}"), Payload::from_trusted_text("{\"b\":2, \"a\":1}"));
  EXPECT_FALSE(Payload::from_trusted_text("1") == Payload::from_trusted_text("2"));
}

TEST(Payload, CopiesShareTheDocument) {
  const Payload payload = Payload::from_json(Json{{"a", 1}});
  const Payload copy = payload;
  EXPECT_EQ(&copy.json(), &payload.json());
}

}  // namespace
}  // namespace skald
