#include "engine/base/duration.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace skald {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("PT5S"), Millis(5s));
  EXPECT_EQ(parse_duration("PT0.25S"), 250ms);
  EXPECT_EQ(parse_duration("PT0,5S"), 500ms);
  EXPECT_EQ(parse_duration("PT2M"), Millis(2min));
  EXPECT_EQ(parse_duration("PT3H"), Millis(3h));
  EXPECT_EQ(parse_duration("P1D"), Millis(24h));
  EXPECT_EQ(parse_duration("P2W"), Millis(24h * 14));
  EXPECT_EQ(parse_duration("P1DT2H3M4.005S"), Millis(26h + 3min + 4s + 5ms));
  EXPECT_EQ(parse_duration("PT0S"), 0ms);
}

TEST(Duration, CutsFractionsBelowAMillisecond) {
  EXPECT_EQ(parse_duration("PT1.0019S"), 1001ms);
}

TEST(Duration, RefusesWhatIsNoFixedLength) {
  EXPECT_EQ(parse_duration("P1Y"), std::nullopt);
  EXPECT_EQ(parse_duration("P1M"), std::nullopt);
}

TEST(Duration, RefusesMalformedText) {
  for (const char* text :
       {"",      "P",    "PT",     "5S",     "PT5",  "PTS",   "P5S",   "PT5D",  "-PT5S",  "PT-5S", "PT5S ",
        " PT5S", "pt5s", "PT1M1H", "PT1S1S", "P1DT", "PT1TS", "PT1.S", "PT.5S", "PT1.5M", "PT5Sx"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, RefusesMoreThanTenThousandDays) {
  EXPECT_EQ(parse_duration("P10000D"), Millis(24h * 10'000));
  EXPECT_EQ(parse_duration("P10001D"), std::nullopt);
  EXPECT_EQ(parse_duration("P10000DT1S"), std::nullopt);
  EXPECT_EQ(parse_duration("PT999999999999999999999S"), std::nullopt);
}

TEST(Duration, WritesTheShortestForm) {
  EXPECT_EQ(format_duration(0ms), "PT0S");
  EXPECT_EQ(format_duration(5s), "PT5S");
  EXPECT_EQ(format_duration(90s), "PT1M30S");
  EXPECT_EQ(format_duration(24h), "P1D");
  EXPECT_EQ(format_duration(250ms), "PT0.25S");
  EXPECT_EQ(format_duration(1h + 1ms), "PT1H0.001S");
}

TEST(Duration, WhatIsWrittenReadsBack) {
  for (const Millis duration : {Millis(1), Millis(999), Millis(60'000), Millis(3'661'001), Millis(90'061'250)}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration) << format_duration(duration);
  }
}

}  // namespace
}  // namespace skald
