#include "adapters/http/request_text.hpp"

#include <gmock/gmock.h>

namespace skald::adapters {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ports::ParticipantCall call_of(saga::Request request) {
  ports::ParticipantCall call;
  call.execution = *parse_execution_id("0192f0c1-2b3c-7def-8abc-0123456789ab");
  call.workflow = "shop/checkout:1.0.0";
  call.step = "charge";
  call.attempt = 2;
  call.epoch = 7;
  call.action = saga::Action::kCompensate;
  call.key = "k/charge/compensate";
  call.request = std::make_shared<const saga::Request>(std::move(request));
  return call;
}

Result<std::string> write(const ports::ParticipantCall& call, const Secret* authorization = nullptr) {
  std::string out;
  const auto written = write_request(out, call,
                                     {.authority = "h:1",
                                      .base_path = "/v1",
                                      .target = call.request->target,
                                      .authorization = authorization,
                                      .deadline = *parse_rfc3339("2026-11-21T08:00:00.123Z")});
  if (!written) return std::unexpected(written.error());
  return out;
}

TEST(RequestText, IsWrittenByteForByte) {
  EXPECT_EQ(
      write(call_of({.method = "POST", .target = "/refunds", .body = "{}"})).value(),
      "POST /v1/refunds HTTP/1.1\r\nHost: h:1\r\nUser-Agent: skald/0.1.0\r\n"
      "Accept: application/json, */*;q=0.5\r\nIdempotency-Key: \"k/charge/compensate\"\r\n"
      "Skald-Execution: 0192f0c1-2b3c-7def-8abc-0123456789ab\r\nSkald-Workflow: shop/checkout:1.0.0\r\n"
      "Skald-Step: charge\r\nSkald-Attempt: 2\r\nSkald-Action: compensate\r\nSkald-Epoch: 7\r\n"
      "Skald-Deadline: 2026-11-21T08:00:00.123Z\r\n"
      "traceparent: 00-0192f0c12b3c7def8abc0123456789ab-" +
          [] {
            const auto text = write(call_of({.method = "POST", .target = "/refunds", .body = "{}"})).value();
            return text.substr(text.find("89ab-") + 5, 16);
          }() +
          "-01\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(RequestText, ALengthIsAnnouncedWhereABodyIsExpected) {
  EXPECT_THAT(write(call_of({.method = "POST", .target = "/a"})).value(), HasSubstr("Content-Length: 0\r\n\r\n"));
  EXPECT_THAT(write(call_of({.method = "GET", .target = "/a"})).value(), Not(HasSubstr("Content-Length")));
}

TEST(RequestText, WorkflowHeadersAreSentUnlessTheyAreOurs) {
  const auto text =
      write(call_of({.method = "GET", .target = "/a", .headers = {{"X-Key", "1"}, {"Accept", "text/csv"}}})).value();
  EXPECT_THAT(text, HasSubstr("\r\nX-Key: 1\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nAccept: text/csv\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("application/json")));
  for (const auto name : {"Host", "content-length", "Transfer-Encoding", "Connection", "Idempotency-Key", "SKALD-Epoch",
                          "traceparent", "Expect", "Upgrade"}) {
    const auto refused = write(call_of({.method = "GET", .target = "/a", .headers = {{name, "1"}}}));
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().message, "a header is set by the engine and not by workflows");
  }
}

TEST(RequestText, LineBreaksAreRefusedEverywhere) {
  const std::string evil = "x\r\nEvil: 1";
  EXPECT_EQ(write(call_of({.method = evil, .target = "/a"})).error().code, "request.method");
  EXPECT_EQ(write(call_of({.method = "GET", .target = "/" + evil})).error().code, "request.target");
  EXPECT_EQ(write(call_of({.method = "GET", .target = "/a", .headers = {{evil, "1"}}})).error().code, "request.header");
  EXPECT_EQ(write(call_of({.method = "GET", .target = "/a", .headers = {{"X", evil}}})).error().code, "request.header");
  auto call = call_of({.method = "GET", .target = "/a"});
  call.key = evil;
  EXPECT_EQ(write(call).error().code, "request.key");
  call = call_of({.method = "GET", .target = "/a"});
  call.workflow = evil;
  EXPECT_EQ(write(call).error().code, "request.header");
  call = call_of({.method = "GET", .target = "/a"});
  call.step = evil;
  EXPECT_EQ(write(call).error().code, "request.header");
  const Secret secret("Bearer " + evil);
  const auto refused = write(call_of({.method = "GET", .target = "/a"}), &secret);
  EXPECT_EQ(refused.error().code, "request.authorization");
  EXPECT_THAT(to_text(refused.error()), Not(HasSubstr("Evil")));
}

TEST(RequestText, TheKeyIsAStructuredFieldString) {
  auto call = call_of({.method = "GET", .target = "/a"});
  call.key = R"(a"b\c)";
  EXPECT_THAT(write(call).value(), HasSubstr("Idempotency-Key: \"a\\\"b\\\\c\"\r\n"));
  call.key = "\xC3\xA9";
  EXPECT_EQ(write(call).error().code, "request.key");
}

TEST(RequestText, TheSameAttemptHasTheSameSpanAndAnotherHasAnother) {
  auto call = call_of({.method = "GET", .target = "/a"});
  const auto first = write(call).value();
  EXPECT_EQ(first, write(call).value());
  call.attempt = 3;
  const auto span = [](const std::string& text) { return text.substr(text.find("traceparent"), 70); };
  EXPECT_NE(span(first), span(write(call).value()));
}

}  // namespace
}  // namespace skald::adapters
