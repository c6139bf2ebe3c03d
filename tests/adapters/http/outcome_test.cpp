#include "adapters/http/outcome.hpp"

#include <gtest/gtest.h>

#include <string>

namespace skald::adapters {
namespace {

using saga::AttemptOutcome;

constexpr Timestamp kNow = Timestamp(std::chrono::milliseconds(784111777000));  // 1994-11-06T08:49:37Z

saga::Answer answer(int status, std::string body = {}, std::string content_type = {}, std::string retry_after = {},
                    const OutcomeRules& rules = {}) {
  Response response{.status = status,
                    .content_type = std::move(content_type),
                    .retry_after = std::move(retry_after),
                    .body = std::move(body)};
  return answer_from(response, {}, rules, kNow);
}

TEST(OutcomeTable, EveryStatusHasItsMeaning) {
  for (int status = 100; status < 1000; ++status) {
    const auto meaning = meaning_of(status, {});
    EXPECT_EQ(meaning.retryable, status == 408 || status == 425 || status == 429 || status == 500 || status == 502 ||
                                     status == 503 || status == 504)
        << status;
    if (meaning.retryable) {
      EXPECT_EQ(meaning.outcome, AttemptOutcome::kUnknown) << status;
    } else if (status / 100 == 2) {
      EXPECT_EQ(meaning.outcome, AttemptOutcome::kDone) << status;
    } else if (status / 100 == 4) {
      EXPECT_EQ(meaning.outcome, AttemptOutcome::kRefused) << status;
    } else {
      EXPECT_EQ(meaning.outcome, AttemptOutcome::kUnknown) << status;
    }
  }
}

TEST(OutcomeTable, AnOperationOverridesIt) {
  const OutcomeRules rules{.done = {404, 410}, .refused = {500}, .retry = {409, 201}};
  EXPECT_EQ(meaning_of(404, rules).outcome, AttemptOutcome::kDone);
  EXPECT_EQ(meaning_of(500, rules).outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(meaning_of(500, rules).retryable);
  EXPECT_EQ(meaning_of(409, rules).outcome, AttemptOutcome::kUnknown);
  EXPECT_TRUE(meaning_of(409, rules).retryable);
  EXPECT_TRUE(meaning_of(201, rules).retryable);
  EXPECT_EQ(meaning_of(200, rules).outcome, AttemptOutcome::kDone);
}

TEST(Outcome, BodiesBecomeJson) {
  EXPECT_EQ(answer(200, R"({"a":1})", "application/json").body.text(), R"({"a":1})");
  EXPECT_EQ(answer(200, R"({"a":1})", "text/plain").body.text(), R"({"a":1})");
  EXPECT_EQ(answer(200, "17").body.text(), "17");
  EXPECT_EQ(answer(200, "all \"good\"\n", "text/plain").body.text(), R"("all \"good\"\n")");
  EXPECT_EQ(answer(200, "\xFF\xFE", "application/octet-stream").body.text(), "\"\uFFFD\uFFFD\"");
  EXPECT_TRUE(answer(204).body.is_null());
  EXPECT_TRUE(answer(200, "", "application/json").body.is_null());
  EXPECT_TRUE(answer(200, " \r\n").body.is_null());
}

TEST(Outcome, ADoneAnswerThatIsNotUsableIsUnknown) {
  for (const auto type : {"application/json", "application/problem+json; charset=utf-8", "TEXT/JSON"}) {
    const auto broken = answer(200, R"({"a":)", type);
    EXPECT_EQ(broken.outcome, AttemptOutcome::kUnknown) << type;
    EXPECT_FALSE(broken.retryable);
    EXPECT_EQ(broken.title, "the participant answered 200, but its body is not usable: is not valid JSON");
  }
  const auto deep = answer(200, std::string(65, '[') + std::string(65, ']'), "application/json");
  EXPECT_EQ(deep.outcome, AttemptOutcome::kUnknown);

  Response encoded{.status = 200, .body = "x", .is_encoded = true};
  EXPECT_EQ(answer_from(encoded, {}, {}, kNow).outcome, AttemptOutcome::kUnknown);
}

TEST(Outcome, ABodyEndedByTheConnectionCountsOnlyWhereItEndsItself) {
  const auto open_end = [](std::string body) {
    Response response{.status = 200, .body = std::move(body), .ended_by_close = true};
    return answer_from(response, {}, {}, kNow).outcome;
  };
  EXPECT_EQ(open_end(R"({"a":1})"), AttemptOutcome::kDone);
  EXPECT_EQ(open_end(R"({"a":)"), AttemptOutcome::kUnknown);
  EXPECT_EQ(open_end("123"), AttemptOutcome::kUnknown);
  EXPECT_EQ(open_end("all good"), AttemptOutcome::kUnknown);
  EXPECT_EQ(open_end(""), AttemptOutcome::kUnknown);
}

TEST(Outcome, RetryAfterIsKeptWhereThereIsARetry) {
  EXPECT_EQ(answer(503, "", "", "7").retry_after, std::chrono::seconds(7));
  EXPECT_EQ(answer(503, "", "", "Sun, 06 Nov 1994 08:50:37 GMT").retry_after, std::chrono::seconds(60));
  EXPECT_EQ(answer(503, "", "", "soon").retry_after, std::nullopt);
  EXPECT_EQ(answer(404, "", "", "7").retry_after, std::nullopt);
}

TEST(Outcome, AFailureKeepsTheBeginningOfItsBody) {
  const auto refused = answer(422, "no stock", "text/plain");
  EXPECT_EQ(refused.outcome, AttemptOutcome::kRefused);
  EXPECT_EQ(refused.title, "the participant answered 422");
  EXPECT_EQ(refused.detail, "no stock");
  EXPECT_TRUE(refused.sent);
  const auto long_text = answer(422, std::string(2047, 'a') + "\u00e9\u00e9");
  EXPECT_EQ(long_text.detail, std::string(2047, 'a'));  // not in the middle of a character
}

TEST(Outcome, WithoutAnAnswer) {
  const auto of = [](Failure kind, bool sent) { return answer_from({.kind = kind, .sent = sent}); };
  EXPECT_EQ(of(Failure::kNotSent, false).outcome, AttemptOutcome::kRefused);
  EXPECT_TRUE(of(Failure::kNotSent, false).retryable);
  EXPECT_FALSE(of(Failure::kNotSent, false).sent);
  EXPECT_FALSE(of(Failure::kRefused, false).retryable);
  EXPECT_EQ(of(Failure::kTimeout, true).outcome, AttemptOutcome::kUnknown);
  EXPECT_TRUE(of(Failure::kTimeout, true).retryable);
  EXPECT_EQ(of(Failure::kTimeout, false).outcome, AttemptOutcome::kRefused);
  EXPECT_EQ(of(Failure::kLost, true).outcome, AttemptOutcome::kUnknown);
  EXPECT_TRUE(of(Failure::kLost, true).retryable);
  EXPECT_EQ(of(Failure::kMalformed, true).outcome, AttemptOutcome::kUnknown);
  EXPECT_FALSE(of(Failure::kMalformed, true).retryable);
  EXPECT_FALSE(of(Failure::kTooLarge, true).retryable);
}

}  // namespace
}  // namespace skald::adapters
