#include "adapters/http/answer_output.hpp"

#include <gtest/gtest.h>

#include <string>

#include "adapters/base64.hpp"

namespace skald::adapters {
namespace {

using definition::AnswerForm;

saga::Request request_for(AnswerForm output) {
  saga::Request request;
  request.method = "GET";
  request.target = "https://a.example.com/b?c=d";
  request.output = output;
  return request;
}

std::string output(AnswerForm form, Response response) {
  const auto payload = output_of(response, request_for(form));
  return payload ? std::string(payload->text()) : payload.error().code + ": " + payload.error().message;
}

// What stands in {request, statusCode, headers, content} behind `content`.
std::string content_in_response(Response response) {
  const std::string text = output(AnswerForm::kResponse, std::move(response));
  const auto at = text.find("\"content\":");
  return at == std::string::npos ? text : text.substr(at + 10, text.size() - at - 11);
}

TEST(Base64, IsThatOfTheRfc) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string_view("\0\xFF", 2)), "AP8=");
}

TEST(AnswerOutput, AResponseIsTheWholeAnswer) {
  saga::Request request = request_for(AnswerForm::kResponse);
  request.headers = {{"accept", "application/json"}};
  Response response{.status = 201, .content_type = "application/json", .body = R"({"id":7})"};
  response.fields = {{"content-type", "application/json"}, {"ETAG", "\"x\""}, {"x-n", "1"}, {"X-N", "2"}};
  const auto payload = output_of(response, request);
  ASSERT_TRUE(payload);
  EXPECT_EQ(
      payload->text(),
      R"({"request":{"method":"GET","uri":"https://a.example.com/b?c=d","headers":{"Accept":"application/json"}},)"
      R"("statusCode":201,"headers":{"Content-Type":"application/json","Etag":"\"x\"","X-N":"1, 2"},)"
      R"("content":{"id":7}})");
}

TEST(AnswerOutput, WhatProvesWhoSomebodyIsIsLeftOut) {
  Response response{.status = 200};
  for (const char* name : {"set-cookie", "Set-Cookie", "SET-COOKIE2", "Authentication-Info",
                           "proxy-authentication-info", "Cookie-Policy"}) {
    response.fields.emplace_back(name, "v");
  }
  EXPECT_EQ(output(AnswerForm::kResponse, response),
            R"({"request":{"method":"GET","uri":"https://a.example.com/b?c=d","headers":{}},"statusCode":200,)"
            R"("headers":{"Cookie-Policy":"v"},"content":null})");
}

TEST(AnswerOutput, TheContentOfAResponseIsJsonTextOrBase64) {
  EXPECT_EQ(content_in_response({.status = 204}), "null");
  EXPECT_EQ(content_in_response({.status = 200, .body = "[1]"}), "[1]");
  EXPECT_EQ(content_in_response({.status = 200, .content_type = "text/plain", .body = "gr\xC3\xBC\xC3\x9F"}),
            "\"gr\xC3\xBC\xC3\x9F\"");
  EXPECT_EQ(content_in_response({.status = 200, .content_type = "image/png", .body = "\x89PNG"}), "\"iVBORw==\"");
  EXPECT_EQ(content_in_response({.status = 200, .body = "{}", .is_encoded = true}), "\"e30=\"");
  EXPECT_EQ(content_in_response({.status = 200, .content_type = "application/json", .body = "{"}),
            "json.syntax: is not valid JSON");
}

TEST(AnswerOutput, AResponseIsNoDeeperThanAnyJson) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(content_in_response({.status = 200, .body = nested(kJsonDepthMax - 1)}), nested(kJsonDepthMax - 1));
  EXPECT_TRUE(content_in_response({.status = 200, .body = nested(kJsonDepthMax)}).starts_with("json.depth"));
}

TEST(AnswerOutput, AHeaderThatHttpDoesNotAllowIsNoOutput) {
  Response response{.status = 200};
  response.fields = {{"X-A", std::string("a\x01", 2)}};
  EXPECT_EQ(output(AnswerForm::kResponse, response), "answer.header: a header has a value that HTTP does not allow");
}

TEST(AnswerOutput, RawIsTheBytes) {
  EXPECT_EQ(output(AnswerForm::kRaw, {.status = 200, .content_type = "application/json", .body = "{ }"}), "\"eyB9\"");
  EXPECT_EQ(output(AnswerForm::kRaw, {.status = 200, .body = std::string("\0\xFF", 2)}), "\"AP8=\"");
  EXPECT_EQ(output(AnswerForm::kRaw, {.status = 200, .body = "\x1F\x8B", .is_encoded = true}), "\"H4s=\"");
  EXPECT_EQ(output(AnswerForm::kRaw, {.status = 204}), "null");
}

TEST(AnswerOutput, BytesThatEndWithTheConnectionAreNoOutput) {
  const std::string problem =
      "answer.open_end: the answer has no length, so its end is not to be told from a lost connection";
  EXPECT_EQ(output(AnswerForm::kRaw, {.status = 200, .body = "{}", .ended_by_close = true}), problem);
  EXPECT_EQ(content_in_response({.status = 200, .body = "{}", .is_encoded = true, .ended_by_close = true}), problem);
  EXPECT_EQ(content_in_response({.status = 200, .body = "text", .ended_by_close = true}), problem);
  EXPECT_EQ(content_in_response({.status = 200, .body = "{}", .ended_by_close = true}), "{}");
}

}  // namespace
}  // namespace skald::adapters
