// Cron expressions: every field, what is refused, and when they are due next.
#include "engine/definition/schedule/cron.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "engine/base/time.hpp"

namespace skald::definition {
namespace {

// "2026-11-22 08:05" on the wall.
LocalMinute local(const std::string& text) {
  const auto at = parse_rfc3339(text.substr(0, 10) + "T" + text.substr(11) + ":00Z");
  return LocalMinute(std::chrono::floor<std::chrono::minutes>(at.value().time_since_epoch()));
}

std::string text_of(LocalMinute at) {
  std::string text = format_rfc3339(Timestamp(at.time_since_epoch())).substr(0, 16);
  text[10] = ' ';
  return text;
}

struct CronCase {
  std::string expression;
  std::string after;
  std::string next;
};

class CronDue : public testing::TestWithParam<CronCase> {};

TEST_P(CronDue, Next) {
  const auto cron = CronExpression::parse(GetParam().expression);
  ASSERT_TRUE(cron) << cron.error().message;
  EXPECT_EQ(text_of(cron->next(local(GetParam().after))), GetParam().next) << GetParam().expression;
}

// 2026-11-22 is a Sunday.
INSTANTIATE_TEST_SUITE_P(Table, CronDue,
                         testing::Values(
                             // Each field.
                             CronCase{"* * * * *", "2026-11-22 08:05", "2026-11-22 08:06"},
                             CronCase{"5 * * * *", "2026-11-22 08:05", "2026-11-22 09:05"},
                             CronCase{"0 2 * * *", "2026-11-22 01:59", "2026-11-22 02:00"},
                             CronCase{"0 2 * * *", "2026-11-22 02:00", "2026-11-23 02:00"},
                             CronCase{"59 23 31 12 *", "2026-12-31 23:59", "2027-12-31 23:59"},
                             CronCase{"0 0 1 * *", "2026-11-22 00:00", "2026-12-01 00:00"},
                             CronCase{"0 0 * 2 *", "2026-11-22 00:00", "2027-02-01 00:00"},
                             CronCase{"0 0 * * 1", "2026-11-22 00:00", "2026-11-23 00:00"},
                             CronCase{"0 0 * * 0", "2026-11-22 00:00", "2026-11-29 00:00"},
                             CronCase{"0 0 * * 7", "2026-11-22 00:00", "2026-11-29 00:00"},
                             // Lists, ranges, steps.
                             CronCase{"0,30 * * * *", "2026-11-22 08:05", "2026-11-22 08:30"},
                             CronCase{"0 8-18 * * *", "2026-11-22 18:00", "2026-11-23 08:00"},
                             CronCase{"*/15 * * * *", "2026-11-22 08:46", "2026-11-22 09:00"},
                             CronCase{"10-40/20 * * * *", "2026-11-22 08:30", "2026-11-22 09:10"},
                             CronCase{"50/5 * * * *", "2026-11-22 08:50", "2026-11-22 08:55"},
                             CronCase{"0 0 * * 5-7", "2026-11-22 00:00", "2026-11-27 00:00"},
                             CronCase{"1,2-4/2,*/30 * * * *", "2026-11-22 08:02", "2026-11-22 08:04"},
                             // Names, in either case.
                             CronCase{"0 9 * * MON-FRI", "2026-11-20 09:00", "2026-11-23 09:00"},
                             CronCase{"0 0 1 jan,Jul *", "2026-11-22 00:00", "2027-01-01 00:00"},
                             CronCase{"0 0 * * sun", "2026-11-21 00:00", "2026-11-22 00:00"},
                             // Both day fields: one of them is enough, but for those that begin with a star.
                             CronCase{"0 0 13 * FRI", "2026-11-22 00:00", "2026-11-27 00:00"},
                             CronCase{"0 0 13 * FRI", "2026-12-11 00:00", "2026-12-13 00:00"},
                             CronCase{"0 0 */2 * MON", "2026-11-22 00:00", "2026-11-23 00:00"},
                             CronCase{"0 0 */2 * MON", "2026-11-23 00:00", "2026-12-07 00:00"},
                             // Ends of months, leap years.
                             CronCase{"0 0 31 * *", "2026-11-22 00:00", "2026-12-31 00:00"},
                             CronCase{"0 0 31 * *", "2026-12-31 00:00", "2027-01-31 00:00"},
                             CronCase{"0 0 29 2 *", "2026-11-22 00:00", "2028-02-29 00:00"},
                             CronCase{"0 0 29 2 *", "2096-02-29 00:00", "2104-02-29 00:00"},
                             CronCase{"0 0 29 2 */7", "2004-02-29 00:00", "2032-02-29 00:00"},
                             // Words, and blanks.
                             CronCase{"@hourly", "2026-11-22 08:05", "2026-11-22 09:00"},
                             CronCase{"@daily", "2026-11-22 08:05", "2026-11-23 00:00"},
                             CronCase{"@midnight", "2026-11-22 08:05", "2026-11-23 00:00"},
                             CronCase{"@weekly", "2026-11-22 08:05", "2026-11-29 00:00"},
                             CronCase{"@monthly", "2026-11-22 08:05", "2026-12-01 00:00"},
                             CronCase{"@yearly", "2026-11-22 08:05", "2027-01-01 00:00"},
                             CronCase{"@annually", "2026-11-22 08:05", "2027-01-01 00:00"},
                             CronCase{"  0\t2  * * *  ", "2026-11-22 02:00", "2026-11-23 02:00"}));

TEST(Cron, RefusesWhatIsNone) {
  for (const char* text :
       {"",           "* * * *",     "* * * * * *",   "60 * * * *",    "* 24 * * *",    "* * 0 * *",   "* * 32 * *",
        "* * * 0 *",  "* * * 13 *",  "* * * * 8",     "-1 * * * *",    "5-1 * * * *",   "*/0 * * * *", "*/60 * * * *",
        "1, * * * *", ",1 * * * *",  "a * * * *",     "1-2-3 * * * *", "1/2/3 * * * *", "/5 * * * *",  "- * * * *",
        "* * L * *",  "* * 15W * *", "* * * * MON#2", "* * ? * *",     "MON * * * *",   "* * * MON *", "@reboot",
        "@Daily",     "+1 * * * *",  "0x1 * * * *",   "1 .5 * * *"}) {
    EXPECT_FALSE(CronExpression::parse(text)) << text;
  }
}

TEST(Cron, RefusesDaysThatDoNotExist) {
  for (const char* text : {"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 30,31 FEB *", "0 0 31 4 */2"}) {
    const auto cron = CronExpression::parse(text);
    ASSERT_FALSE(cron) << text;
    EXPECT_EQ(cron.error().message,
              fmt::format("names no day that exists, so that nothing would ever start (got '{}')", text));
  }
  // The weekday is enough.
  EXPECT_TRUE(CronExpression::parse("0 0 30 2 MON"));
}

TEST(Cron, SaysWhatMustStandInAField) {
  EXPECT_EQ(CronExpression::parse("0 25 * * *").error().message,
            "has '25' as the hour, which must be 0 to 23, a range such as 0-2, '*', each of them with a step such as "
            "*/2, or a list of those");
  EXPECT_EQ(
      CronExpression::parse("0 0 L * *").error().message,
      "has 'L' as the day of the month, which must be 1 to 31, a range such as 1-3, '*', each of them with a step "
      "such as */2, or a list of those");
  EXPECT_EQ(CronExpression::parse("0 0 * JANUARY *").error().message,
            "has 'JANUARY' as the month, which must be 1 to 12 or JAN to DEC, a range such as 1-3, '*', each of them "
            "with a step such as */2, or a list of those");
}

// An expression at random, of parts that are valid.
std::string expression_of(std::mt19937& random) {
  const auto number = [&](int min, int max) { return std::uniform_int_distribution(min, max)(random); };
  const auto field = [&](int min, int max) {
    const int a = number(min, max), b = number(a, max);
    switch (number(0, 4)) {
      case 0:
        return fmt::format("{}", a);
      case 1:
        return fmt::format("{}-{}", a, b);
      case 2:
        return fmt::format("*/{}", number(1, max));
      case 3:
        return fmt::format("{},{}-{}/{}", number(min, max), a, b, number(1, 5));
      default:
        return std::string("*");
    }
  };
  return fmt::format("{} {} {} {} {}", field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 7));
}

// Whatever it is: behind `after`, a match, and nothing between that is one.
TEST(Cron, NextIsTheFirstThatMatches) {
  constexpr int kRuns = 2'000;
  constexpr std::chrono::minutes kLookedThrough{24 * 60};
  std::mt19937 random(7);
  std::uniform_int_distribution<int> minutes(0, 100 * 366 * 24 * 60);
  for (int run = 0; run < kRuns; ++run) {
    const std::string text = expression_of(random);
    const auto cron = CronExpression::parse(text);
    ASSERT_TRUE(cron) << text << ": " << cron.error().message;
    const LocalMinute after{std::chrono::minutes(minutes(random))};
    const LocalMinute next = cron->next(after);
    ASSERT_GT(next, after) << text;
    ASSERT_TRUE(cron->matches(next)) << text << " at " << text_of(next);
    for (auto at = after + std::chrono::minutes(1); at < std::min(next, after + kLookedThrough);
         at += std::chrono::minutes(1)) {
      ASSERT_FALSE(cron->matches(at)) << text << " at " << text_of(at);
    }
  }
}

}  // namespace
}  // namespace skald::definition
