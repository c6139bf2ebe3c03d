// When schedules are due: intervals that keep their phase, and clocks that are set forward and back.
#include "engine/definition/schedule/next_time.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace skald::definition {
namespace {

Timestamp utc(const std::string& text) {
  return parse_rfc3339(text + ":00Z").value();
}

struct Due {
  std::string expression;
  std::string zone;
  std::string after;
  std::vector<std::string> next;
};

class ZonedCron : public testing::TestWithParam<Due> {};

TEST_P(ZonedCron, IsDue) {
  const auto& [expression, zone_name, after, expected] = GetParam();
  const auto cron = CronExpression::parse(expression);
  const auto zone = TimeZone::find(zone_name);
  ASSERT_TRUE(cron && zone);
  Timestamp at = utc(after);
  std::vector<std::string> found;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    at = next_time(*cron, *zone, at);
    found.push_back(format_rfc3339(at).substr(0, 16));
  }
  EXPECT_EQ(found, expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ZonedCron,
    testing::Values(
        Due{"0 2 * * *", "UTC", "2026-11-22T01:59", {"2026-11-22T02:00", "2026-11-23T02:00"}},
        Due{"0 2 * * *", "Europe/Berlin", "2026-01-10T12:00", {"2026-01-11T01:00", "2026-01-12T01:00"}},
        Due{"0 2 * * *", "Europe/Berlin", "2026-07-10T12:00", {"2026-07-11T00:00"}},
        Due{"30 9 * * MON-FRI", "Asia/Kolkata", "2026-11-20T12:00", {"2026-11-23T04:00"}},
        // Berlin, 29 March 2026: 02:00 is 03:00, at 01:00 UTC. What lies between is due then, once.
        Due{"30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T00:00",
            {"2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"}},
        Due{"*/15 2 * * *", "Europe/Berlin", "2026-03-28T23:00", {"2026-03-29T01:00", "2026-03-30T00:00"}},
        Due{"0 * * * *",
            "Europe/Berlin",
            "2026-03-28T23:30",
            {"2026-03-29T00:00", "2026-03-29T01:00", "2026-03-29T02:00"}},
        Due{"0 3 * * *", "Europe/Berlin", "2026-03-28T12:00", {"2026-03-29T01:00", "2026-03-30T01:00"}},
        // Berlin, 25 October 2026: 03:00 is 02:00 again, at 01:00 UTC. What is shown twice is due the first time.
        Due{"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", {"2026-10-25T00:30", "2026-10-26T01:30"}},
        Due{"30 2 * * *", "Europe/Berlin", "2026-10-25T01:10", {"2026-10-26T01:30"}},
        Due{"0 * * * *",
            "Europe/Berlin",
            "2026-10-24T23:30",
            {"2026-10-25T00:00", "2026-10-25T02:00", "2026-10-25T03:00"}},
        Due{"0 3 * * *", "Europe/Berlin", "2026-10-24T12:00", {"2026-10-25T02:00"}},
        // New York, 8 March and 1 November 2026.
        Due{"30 2 * * *", "America/New_York", "2026-03-07T12:00", {"2026-03-08T07:00", "2026-03-09T06:30"}},
        Due{"30 1 * * *", "America/New_York", "2026-10-31T12:00", {"2026-11-01T05:30", "2026-11-02T06:30"}},
        // Half an hour, on Lord Howe: 5 April and 4 October 2026.
        Due{"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", {"2026-10-03T15:30", "2026-10-04T15:15"}},
        Due{"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00", {"2026-04-04T14:45", "2026-04-05T15:15"}},
        // A day that Samoa never had: 30 December 2011.
        Due{"0 12 * * *",
            "Pacific/Apia",
            "2011-12-29T00:00",
            {"2011-12-29T22:00", "2011-12-30T10:00", "2011-12-30T22:00"}}));

// A year of any zone, minute by minute for short spans: later than before, and what clocks show is what is asked for.
TEST(ZonedCronAtRandom, IsLaterAndMatches) {
  constexpr int kRuns = 3'000;
  std::mt19937 random(11);
  std::uniform_int_distribution<std::int64_t> minutes(0, 60LL * 366 * 24 * 60);
  const std::vector<std::string> expressions = {"*/7 * * * *",    "0 * * * *",      "30 2 * * *", "0 0 * * MON",
                                                "59 23 1,15 * *", "5,35 1-3 * * *", "@monthly"};
  const std::vector<std::string> zones = {"UTC",          "Europe/Berlin",    "America/New_York", "Australia/Lord_Howe",
                                          "Pacific/Apia", "Africa/Casablanca"};
  for (int run = 0; run < kRuns; ++run) {
    const auto cron = CronExpression::parse(expressions[random() % expressions.size()]);
    const auto zone = TimeZone::find(zones[random() % zones.size()]);
    ASSERT_TRUE(cron && zone);
    const Timestamp after(std::chrono::minutes(minutes(random)) + Millis(random() % 60'000));
    const Timestamp at = next_time(*cron, *zone, after);
    ASSERT_GT(at, after);
    // It shows the time, or has just been set beyond it.
    if (cron->matches(zone->to_local(at))) continue;
    EXPECT_GT(zone->to_local(at) - zone->to_local(at - Millis(1)), std::chrono::minutes(1)) << format_rfc3339(at);
  }
}

TEST(TimeZones, AreThoseOfTheDatabase) {
  for (const char* name : {"UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"}) {
    EXPECT_TRUE(TimeZone::find(name)) << name;
  }
  for (const char* name :
       {"", "Europe/Atlantis", "europe/berlin", "+02:00", "../../etc/passwd", "/etc/localtime", "Europe"}) {
    EXPECT_FALSE(TimeZone::find(name)) << name;
  }
}

Schedule schedule(decltype(Schedule::kind) kind) {
  Schedule made;
  made.kind = std::move(kind);
  return made;
}

TEST(NextTime, AnIntervalKeepsItsPhase) {
  const auto hourly = schedule(Schedule::Every{std::chrono::hours(1)});
  const Timestamp begin = utc("2026-11-22T08:05");
  EXPECT_EQ(first_time(hourly, begin), utc("2026-11-22T09:05"));
  EXPECT_EQ(following_time(hourly, utc("2026-11-22T09:05"), utc("2026-11-22T09:05")), utc("2026-11-22T10:05"));
  EXPECT_EQ(following_time(hourly, utc("2026-11-22T09:05"), utc("2026-11-22T14:04")), utc("2026-11-22T14:05"));
  EXPECT_EQ(following_time(hourly, utc("2026-11-22T09:05"), utc("2026-11-22T14:05")), utc("2026-11-22T15:05"));
  // A clock that is behind.
  EXPECT_EQ(following_time(hourly, utc("2026-11-22T09:05"), utc("2026-11-22T07:00")), utc("2026-11-22T10:05"));
}

TEST(NextTime, OnlyTheFirstOfAfterIsATime) {
  const auto after = schedule(Schedule::After{std::chrono::minutes(5)});
  EXPECT_EQ(first_time(after, utc("2026-11-22T08:05")), utc("2026-11-22T08:10"));
  EXPECT_EQ(following_time(after, utc("2026-11-22T08:10"), utc("2026-11-22T08:10")), std::nullopt);
}

TEST(NextTime, EventsHaveNone) {
  EXPECT_EQ(first_time(schedule(Schedule::On{}), utc("2026-11-22T08:05")), std::nullopt);
}

}  // namespace
}  // namespace skald::definition
