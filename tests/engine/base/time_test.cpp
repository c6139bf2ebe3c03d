#include "engine/base/time.hpp"

#include <gtest/gtest.h>

namespace skald {
namespace {

TEST(Time, WritesUtcWithMilliseconds) {
  EXPECT_EQ(format_rfc3339(from_millis(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(from_millis(1'795'248'000'123)), "2026-11-21T08:00:00.123Z");
  EXPECT_EQ(format_rfc3339(from_millis(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(Timestamp::min()), "0000-01-01T00:00:00.000Z") << "a year has four digits";
  EXPECT_EQ(format_rfc3339(Timestamp::max()), "9999-12-31T23:59:59.999Z");
}

TEST(Time, ReadsFractionsAndOffsets) {
  EXPECT_EQ(parse_rfc3339("2026-11-21T08:00:00Z"), from_millis(1'795'248'000'000));
  EXPECT_EQ(parse_rfc3339("2026-11-21t08:00:00.5z"), from_millis(1'795'248'000'500));
  EXPECT_EQ(parse_rfc3339("2026-11-21T08:00:00.123999Z"), from_millis(1'795'248'000'123));
  EXPECT_EQ(parse_rfc3339("2026-11-21T10:30:00+02:30"), from_millis(1'795'248'000'000));
  EXPECT_EQ(parse_rfc3339("2026-11-21T03:00:00-05:00"), from_millis(1'795'248'000'000));
}

TEST(Time, KnowsLeapDaysAndLeapSeconds) {
  EXPECT_TRUE(parse_rfc3339("2024-02-29T00:00:00Z").has_value());
  EXPECT_FALSE(parse_rfc3339("2023-02-29T00:00:00Z").has_value());
  EXPECT_TRUE(parse_rfc3339("2016-12-31T23:59:60Z").has_value());
}

TEST(Time, RefusesOtherText) {
  for (const char* text :
       {"", "2026-11-21", "2026-11-21 08:00:00Z", "2026-11-21T08:00:00", "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z",
        "2026-11-21T08:60:00Z", "2026-11-21T08:00:61Z", "2026-11-21T08:00:00.Z", "2026-11-21T08:00:00+0200",
        "2026-11-21T08:00:00+24:00", "2026-11-21T08:00:00Zx", "x026-11-21T08:00:00Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(Time, WhatIsWrittenReadsBack) {
  for (const std::int64_t millis : {0LL, 1LL, 951'782'400'000LL, 1'795'248'000'123LL, 4'102'444'800'000LL}) {
    EXPECT_EQ(parse_rfc3339(format_rfc3339(from_millis(millis))), from_millis(millis));
  }
}

}  // namespace
}  // namespace skald
