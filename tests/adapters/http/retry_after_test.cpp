#include "adapters/http/retry_after.hpp"

#include <gtest/gtest.h>

namespace skald::adapters {
namespace {

using namespace std::chrono_literals;

const Timestamp kAskedAt = *parse_rfc3339("1994-11-06T08:49:00Z");

TEST(RetryAfter, Seconds) {
  EXPECT_EQ(parse_retry_after("0", kAskedAt), 0ms);
  EXPECT_EQ(parse_retry_after("120", kAskedAt), 120s);
  EXPECT_EQ(parse_retry_after("99999999999999999999", kAskedAt), 24h * 365);
}

TEST(RetryAfter, DatesInAllThreeForms) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kAskedAt), 37s);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", kAskedAt), 37s);
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:49:37 1994", kAskedAt), 37s);
  EXPECT_EQ(parse_retry_after("Sun Nov 16 08:49:37 1994", kAskedAt), 240h + 37s);
}

TEST(RetryAfter, APastDateIsNow) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1993 08:49:37 GMT", kAskedAt), 0ms);
}

TEST(RetryAfter, ATwoDigitYearIsWithinFiftyYears) {
  const Timestamp now = *parse_rfc3339("2026-11-06T00:00:00Z");
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now), parse_rfc3339("1994-11-06T08:49:37Z"));
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-70 08:49:37 GMT", now), parse_rfc3339("2070-11-06T08:49:37Z"));
}

TEST(RetryAfter, AnythingElseIsNoAnswer) {
  for (const auto text : {"", "-1", "1.5", "soon", "5 s", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
                          "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT trailing", ",", "Sun"}) {
    EXPECT_EQ(parse_retry_after(text, kAskedAt), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace skald::adapters
