#include "api/request_reader.hpp"

#include <gtest/gtest.h>

#include "api/cursor.hpp"
#include "api/http/target.hpp"

namespace skald::api {
namespace {

Request request_of(const std::string& target, std::vector<std::pair<std::string, std::string>> headers = {},
                   std::string body = {}) {
  Request request;
  request.target = target;
  request.headers = std::move(headers);
  request.body = std::move(body);
  EXPECT_EQ(split_target(request), "");
  return request;
}

TEST(Target, CutsBeforeItDecodes) {
  const auto request = request_of("/v1/a%2Fb/c%20d/?x=1%262&y=a+b&flag&=z");
  EXPECT_EQ(request.segments, (std::vector<std::string>{"v1", "a/b", "c d"}));
  ASSERT_EQ(request.query.size(), 4u);
  EXPECT_EQ(request.query[0].value, "1&2");
  EXPECT_EQ(request.query[1].value, "a b");
  EXPECT_EQ(request.query[2].name, "flag");
  EXPECT_EQ(request.path(), "/v1/a%2Fb/c%20d/");
}

TEST(Target, EncodingIsTheInverseOfDecoding) {
  const std::string text = "a/b c?&=%+ä~-._";
  EXPECT_EQ(percent_decode(percent_encode(text), false), text);
  EXPECT_EQ(percent_encode("a/ä"), "a%2F%C3%A4");
}

TEST(Cursor, BelongsToItsList) {
  const auto cursor = make_cursor("executions", "0192f0c1");
  EXPECT_EQ(read_cursor("executions", cursor), "0192f0c1");
  EXPECT_EQ(read_cursor("history", cursor), std::nullopt);
  EXPECT_EQ(read_cursor("executions", "!"), std::nullopt);
  EXPECT_EQ(read_cursor("executions", ""), std::nullopt);
  EXPECT_EQ(read_cursor("executions", std::string(2000, 'A')), std::nullopt);
}

TEST(QueryReader, NamesTheParameterTheRuleAndTheValue) {
  const auto error_of = [](const std::string& target, auto read) {
    const auto request = request_of(target);
    QueryReader reader(request);
    read(reader);
    const auto error = reader.finish();
    return error ? to_text(*error) : "";
  };
  EXPECT_EQ(error_of("/?limit=0", [](auto& r) { r.limit(); }),
            "query parameter 'limit' must be between 1 and 500 (got '0')");
  EXPECT_EQ(error_of("/?limit=x", [](auto& r) { r.limit(); }),
            "query parameter 'limit' must be a whole number (got 'x')");
  EXPECT_EQ(error_of("/?t=yesterday", [](auto& r) { r.time("t"); }),
            "query parameter 't' must be an RFC 3339 time such as 2026-01-31T12:00:00Z (got 'yesterday')");
  EXPECT_EQ(error_of("/?id=7", [](auto& r) { r.id("id"); }), "query parameter 'id' must be an execution id (got '7')");
  EXPECT_EQ(error_of("/?a=1&a=2", [](auto& r) { r.text("a"); }), "query parameter 'a' must be given once (got '2')");
  EXPECT_EQ(error_of("/?b", [](auto& r) { r.text("a"); }), "query parameter 'b' is not known here; it takes a");
  EXPECT_EQ(error_of("/?b", [](auto&) {}), "query parameter 'b' is not known here; the address takes none");
  EXPECT_EQ(error_of("/?f=maybe", [](auto& r) { r.flag("f"); }),
            "query parameter 'f' must be true or false (got 'maybe')");
  EXPECT_EQ(error_of("/?cursor=abc", [](auto& r) { r.cursor("executions"); }),
            "query parameter 'cursor' is not a cursor of this list; take nextCursor of the page before as it is");
}

TEST(QueryReader, ReadsFlagsLabelsAndDefaults) {
  const auto request = request_of("/?dryRun&replace=false&label.tier=gold&label.x=");
  QueryReader reader(request);
  EXPECT_TRUE(reader.flag("dryRun"));
  EXPECT_FALSE(reader.flag("replace"));
  EXPECT_EQ(reader.limit(), 50u);
  EXPECT_EQ(reader.prefixed("label."), (std::map<std::string, std::string>{{"tier", "gold"}, {"x", ""}}));
  EXPECT_EQ(reader.finish(), std::nullopt);
}

TEST(BodyReader, ReportsEverythingAtOnceWithPointers) {
  const auto request = request_of("/", {}, R"({"reason":7,"acceptStanding":"yes","extra":1})");
  BodyReader reader(request);
  EXPECT_EQ(reader.text("reason", 10), std::nullopt);
  EXPECT_FALSE(reader.flag("acceptStanding"));
  ASSERT_TRUE(reader.finish());
  ASSERT_EQ(reader.entries().size(), 3u);
  EXPECT_EQ(reader.entries()[0].pointer, "/reason");
  EXPECT_EQ(reader.entries()[0].detail, "must be a string");
  EXPECT_EQ(reader.entries()[1].detail, "must be true or false");
  EXPECT_EQ(reader.entries()[2].detail, "is not known here; known are reason, acceptStanding");
}

TEST(BodyReader, TakesAnAbsentBodyAndRefusesWhatIsNoObject) {
  BodyReader empty(request_of("/"));
  EXPECT_EQ(empty.text("reason", 10), std::nullopt);
  EXPECT_EQ(empty.finish(), std::nullopt);
  EXPECT_EQ(BodyReader(request_of("/", {}, "[]")).finish()->message, "the body must be a JSON object");
  EXPECT_EQ(BodyReader(request_of("/", {}, "{")).finish()->code, "json.syntax");
  EXPECT_EQ(BodyReader(request_of("/", {}, std::string(70, '[') + std::string(70, ']'))).finish()->code, "json.depth");
  EXPECT_EQ(BodyReader(request_of("/", {{"Content-Type", "text/plain"}}, "{}")).finish()->code, "http.media_type");
}

TEST(Headers, IdempotencyKeyIsQuotedOrBare) {
  const auto key = [](const std::string& value) {
    return read_idempotency_key(request_of("/", {{"idempotency-key", value}}));
  };
  EXPECT_EQ(key("\"order-1\"").value(), "order-1");
  EXPECT_EQ(key("order-1").value(), "order-1");
  EXPECT_EQ(key("\"a\\\"b\\\\\"").value(), "a\"b\\");
  EXPECT_FALSE(key("\"open"));
  EXPECT_FALSE(key("\"a\"b\""));
  EXPECT_FALSE(key("\"a\\x\""));
  EXPECT_FALSE(key(""));
  EXPECT_FALSE(key(std::string(256, 'k')));
  EXPECT_FALSE(key("\xC3\xA4"));
  EXPECT_EQ(key(std::string(256, 'k')).error().message,
            "header 'Idempotency-Key' must have 1 to 255 printable ASCII characters");
  for (const auto* own : {"schedule/shop/nightly/2027-01-15T08:30:00.000Z", "\"replay/1/1\""}) {
    EXPECT_EQ(key(own).error().message,
              "header 'Idempotency-Key' must not begin with 'schedule/' or 'replay/', as the engine's own keys do");
  }
  EXPECT_EQ(read_idempotency_key(request_of("/")).value(), std::nullopt);
}

TEST(Headers, LabelsHaveLowerCaseKeys) {
  const auto labels =
      read_labels(request_of("/", {{"Skald-Label-Tier", "gold"}, {"SKALD-LABEL-x", "1"}, {"Other", "2"}}));
  EXPECT_EQ(*labels, (std::map<std::string, std::string>{{"tier", "gold"}, {"x", "1"}}));
  EXPECT_EQ(read_labels(request_of("/", {{"Skald-Label-a", "1"}, {"skald-label-A", "2"}})).error().message,
            "header 'skald-label-A' must be given once");
  EXPECT_EQ(read_labels(request_of("/", {{"Skald-Label-", "1"}})).error().message,
            "header 'Skald-Label-' must have a key of 1 to 63 characters");
}

TEST(Headers, PreferencesAreReadLeniently) {
  const auto read = [](const std::string& value) { return read_preference(request_of("/", {{"Prefer", value}})); };
  EXPECT_EQ(read("wait=10").wait_seconds, 10u);
  EXPECT_EQ(read("respond-async, wait=\"5\"; x=y").wait_seconds, 5u);
  EXPECT_TRUE(read("respond-async, wait=5").respond_async);
  EXPECT_EQ(read("wait=600").wait_seconds, 60u);
  EXPECT_EQ(read("wait=0").wait_seconds, std::nullopt);
  EXPECT_EQ(read("wait=x, return=minimal").wait_seconds, std::nullopt);
}

TEST(Headers, ActorDefaultsToApi) {
  EXPECT_EQ(read_actor(request_of("/")).value(), "api");
  EXPECT_EQ(read_actor(request_of("/", {{"skald-actor", "ada"}})).value(), "ada");
  EXPECT_FALSE(read_actor(request_of("/", {{"Skald-Actor", std::string(129, 'a')}})));
}

TEST(Headers, OnlyTheFirstAcceptedTypeCounts) {
  EXPECT_TRUE(accepts(request_of("/", {{"Accept", "application/yaml;q=1, */*"}}), "application/yaml"));
  EXPECT_FALSE(accepts(request_of("/", {{"Accept", "application/json, application/yaml"}}), "application/yaml"));
}

}  // namespace
}  // namespace skald::api
