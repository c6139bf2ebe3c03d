#include "engine/definition/schedule/cron.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "engine/base/invariant.hpp"

namespace skald::definition {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

constexpr CronFieldKind kMinute{.what = "minute", .min = 0, .max = 59};
constexpr CronFieldKind kHour{.what = "hour", .min = 0, .max = 23};
constexpr CronFieldKind kDay{.what = "day of the month", .min = 1, .max = 31};
constexpr CronFieldKind kMonth{.what = "month", .min = 1, .max = 12, .names = kMonths};
constexpr CronFieldKind kWeekday{.what = "day of the week", .min = 0, .max = 7, .names = kWeekdays};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kWords = {{{"@yearly", "0 0 1 1 *"},
                                                                                  {"@annually", "0 0 1 1 *"},
                                                                                  {"@monthly", "0 0 1 * *"},
                                                                                  {"@weekly", "0 0 * * 0"},
                                                                                  {"@daily", "0 0 * * *"},
                                                                                  {"@midnight", "0 0 * * *"},
                                                                                  {"@hourly", "0 * * * *"}}};

// From one 29 February on a given day of the week to the next there are 40 years at most.
constexpr std::chrono::days kSearchMax{41 * 366};

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  std::vector<std::string_view> words;
  while (true) {
    const auto begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const auto end = text.find_first_of(kBlanks);
    words.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end);
  }
}

}  // namespace

Result<CronExpression> CronExpression::parse(std::string_view text) {
  std::string_view spelled = text;
  for (const auto& [word, meaning] : kWords) {
    if (text == word) spelled = meaning;
  }
  const auto words = words_of(spelled);
  if (words.size() != 5) {
    return failure("cron.invalid",
                   fmt::format("must have the five fields minute, hour, day of the month, month, day of the week, or "
                               "be one of @hourly, @daily, @weekly, @monthly, @yearly (got '{}')",
                               text));
  }
  CronExpression cron;
  const std::array<std::pair<CronField*, const CronFieldKind*>, 5> fields = {{{&cron.minutes_, &kMinute},
                                                                              {&cron.hours_, &kHour},
                                                                              {&cron.days_, &kDay},
                                                                              {&cron.months_, &kMonth},
                                                                              {&cron.weekdays_, &kWeekday}}};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto field = parse_cron_field(words[i], *fields[i].second);
    if (!field) return std::unexpected(std::move(field.error()));
    *fields[i].first = *field;
  }
  if (cron.weekdays_.has(7)) cron.weekdays_.values |= 1;
  if (!cron.names_a_day_that_exists()) {
    return failure("cron.invalid",
                   fmt::format("names no day that exists, so that nothing would ever start (got '{}')", text));
  }
  return cron;
}

bool CronExpression::names_a_day_that_exists() const {
  if (!days_.begins_with_star && !weekdays_.begins_with_star) return true;
  for (unsigned month = 1; month <= 12; ++month) {
    const auto leap_year = std::chrono::year(2000);
    const auto last =
        std::chrono::year_month_day_last(leap_year, std::chrono::month_day_last{std::chrono::month(month)});
    for (unsigned day = 1; months_.has(month) && day <= unsigned(last.day()); ++day) {
      if (days_.has(day)) return true;
    }
  }
  return false;
}

bool CronExpression::has_day(const std::chrono::year_month_day& date) const {
  if (!months_.has(unsigned(date.month()))) return false;
  const bool by_day = days_.has(unsigned(date.day()));
  const std::chrono::weekday weekday{std::chrono::local_days(date)};
  const bool by_weekday = weekdays_.has(weekday.c_encoding());
  const bool both_are_set = !days_.begins_with_star && !weekdays_.begins_with_star;
  return both_are_set ? by_day || by_weekday : by_day && by_weekday;
}

bool CronExpression::matches(LocalMinute at) const {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::hh_mm_ss clock(at - day);
  return has_day(std::chrono::year_month_day(day)) && hours_.has(static_cast<unsigned>(clock.hours().count())) &&
         minutes_.has(static_cast<unsigned>(clock.minutes().count()));
}

LocalMinute CronExpression::next(LocalMinute after) const {
  const LocalMinute begin = after + std::chrono::minutes(1);
  const auto first = std::chrono::floor<std::chrono::days>(begin);
  for (auto day = first; day - first < kSearchMax; day += std::chrono::days(1)) {
    if (!has_day(std::chrono::year_month_day(day))) continue;
    const LocalMinute from = day == first ? begin : LocalMinute(day);
    for (unsigned hour = 0; hour < 24; ++hour) {
      if (!hours_.has(hour)) continue;
      for (unsigned minute = 0; minute < 60; ++minute) {
        const LocalMinute at = day + std::chrono::hours(hour) + std::chrono::minutes(minute);
        if (minutes_.has(minute) && at >= from) return at;
      }
    }
  }
  SKALD_INVARIANT(names_a_day_that_exists());
  return after;
}

}  // namespace skald::definition
