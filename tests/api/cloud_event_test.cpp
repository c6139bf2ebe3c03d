// CloudEvents in each of their three modes, and what is wrong with them, word for word.
#include "api/cloud_event.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

namespace skald::api {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Result<std::vector<Json>> read(Headers headers, std::string body) {
  Request request;
  request.headers = std::move(headers);
  request.body = std::move(body);
  return read_cloud_events(request);
}

Result<std::vector<Json>> structured(std::string body) {
  return read({{"Content-Type", "application/cloudevents+json; charset=utf-8"}}, std::move(body));
}

std::string error_of(const Result<std::vector<Json>>& result) {
  if (result) return "";
  return result.error().code + " " + result.error().subject + ": " + result.error().message;
}

const std::string kEvent = R"({"specversion":"1.0","id":"1","source":"/psp","type":"paid","data":{"a":1},"traceid":7})";

TEST(CloudEvent, StructuredModeIsTheBody) {
  const auto events = structured(kEvent);
  ASSERT_TRUE(events.has_value()) << error_of(events);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front(), Json::parse(kEvent));
}

TEST(CloudEvent, BatchedModeIsAListOfThem) {
  const Headers batch = {{"content-type", "application/cloudevents-batch+json"}};
  EXPECT_EQ(read(batch, "[]")->size(), 0u);
  EXPECT_EQ(read(batch, "[" + kEvent + "," + kEvent + "]")->size(), 2u);
  EXPECT_EQ(error_of(read(batch, kEvent)), "event.invalid body: a batch is a JSON list of events");
  EXPECT_EQ(error_of(read(batch, "[" + kEvent + ",{}]")),
            "event.invalid /1: 'specversion' is missing; 'id' is missing; 'source' is missing; 'type' is missing");
  std::string many = "[" + kEvent;
  for (int i = 0; i < 100; ++i) many += "," + kEvent;
  EXPECT_EQ(error_of(read(batch, many + "]")), "event.invalid body: a batch has at most 100 events (got 101)");
}

TEST(CloudEvent, BinaryModeHasTheAttributesInHeaders) {
  const Headers attributes = {{"ce-specversion", "1.0"}, {"CE-Id", "1"},          {"ce-source", "/psp"},
                              {"ce-type", "paid"},       {"ce-subject", "a%20b"}, {"Content-Type", "application/json"}};
  const auto events = read(attributes, R"({"a":1})");
  ASSERT_TRUE(events.has_value()) << error_of(events);
  EXPECT_EQ(events->front(),
            Json::parse(R"({"specversion":"1.0","id":"1","source":"/psp","type":"paid","subject":"a b",)"
                        R"("datacontenttype":"application/json","data":{"a":1}})"));
  auto text = attributes;
  text.back().second = "text/plain";
  EXPECT_EQ(read(text, "hello")->front()["data"], "hello");
  EXPECT_FALSE(read(attributes, "")->front().contains("data"));
  auto image = attributes;
  image.back().second = "image/png";
  EXPECT_EQ(error_of(read(image, "x")),
            "http.media_type : the data of an event in binary mode must be JSON or text (got 'image/png')");
  EXPECT_EQ(error_of(read({{"Content-Type", "application/json"}}, kEvent)),
            "http.media_type : the body must be a CloudEvent (got 'application/json' without the header "
            "ce-specversion)");
}

TEST(CloudEvent, SaysWhatIsWrong) {
  EXPECT_EQ(error_of(structured("[]")), "event.invalid : an event is a JSON object");
  EXPECT_TRUE(error_of(structured("{")).starts_with("json.syntax"));
  const auto with = [](const std::string& name, const Json& value) {
    Json event = Json::parse(kEvent);
    event[name] = value;
    return error_of(structured(event.dump()));
  };
  EXPECT_EQ(with("specversion", "0.3"), "event.invalid : 'specversion' must be 1.0 (got '0.3')");
  EXPECT_EQ(with("id", ""), "event.invalid : 'id' must be text that is not empty (got '')");
  EXPECT_EQ(with("type", 7), "event.invalid : 'type' must be text that is not empty (got 7)");
  EXPECT_EQ(with("source", "a\nb"),
            R"(event.invalid : 'source' must be text, a truth value or an integer of 32 bits (got "a\nb"))");
  EXPECT_EQ(with("subject", std::string(1025, 'a')), "event.invalid : 'subject' has more than 1024 bytes");
  EXPECT_EQ(with("Trace", 1), "event.invalid : 'Trace' is no attribute: names have lower-case letters and digits");
  EXPECT_EQ(with("trace", 3'000'000'000),
            "event.invalid : 'trace' must be text, a truth value or an integer of 32 bits (got 3000000000)");
  EXPECT_EQ(with("trace", std::numeric_limits<std::uint64_t>::max()),
            "event.invalid : 'trace' must be text, a truth value or an integer of 32 bits (got 18446744073709551615)");
  EXPECT_EQ(with("subject", ""), "event.invalid : 'subject' must be text that is not empty");
  EXPECT_EQ(with("time", "yesterday"),
            "event.invalid : 'time' must be a time such as 2026-11-22T08:00:00Z (got 'yesterday')");
  EXPECT_EQ(with("trace", Json::array()),
            "event.invalid : 'trace' must be text, a truth value or an integer of 32 bits (got [])");
  EXPECT_EQ(with("data_base64", "YQ=="), "event.invalid : it has both 'data' and 'data_base64'");
  EXPECT_EQ(with("data", std::string(65 * 1024, 'a')), "event.too_large : it has more than 64 KiB");
}

TEST(CloudEvent, SaysAllThatIsWrong) {
  EXPECT_EQ(
      error_of(structured(R"({"specversion":"0.3","id":1,"type":"paid","Trace":1,"time":"now","data_base64":1})")),
      "event.invalid : 'specversion' must be 1.0 (got '0.3'); 'id' must be text that is not empty (got 1); "
      "'source' is missing; 'Trace' is no attribute: names have lower-case letters and digits; "
      "'time' must be a time such as 2026-11-22T08:00:00Z (got 'now'); 'data_base64' must be text (got 1)");
}

}  // namespace
}  // namespace skald::api
