// A cron expression: "minute hour day-of-month month day-of-week", or one of @yearly, @annually, @monthly, @weekly,
// @daily, @midnight, @hourly. It speaks of a local clock; which one, next_time.hpp knows.
//
// Where neither day field begins with '*', a day that one of them names is enough, as crontab(5) has it. 0 and 7 are
// Sunday. Pure; any thread.
#pragma once

#include <chrono>
#include <string_view>

#include "engine/base/error.hpp"
#include "engine/definition/schedule/cron_field.hpp"

namespace skald::definition {

// What a clock on the wall shows.
using LocalMinute = std::chrono::local_time<std::chrono::minutes>;

class CronExpression {
 public:
  // Errors: "cron.invalid", for what is none and for what names no day that exists; a message that follows the name
  // of what was read.
  static Result<CronExpression> parse(std::string_view text);

  bool matches(LocalMinute at) const;
  // The first that matches behind `after`; there always is one.
  LocalMinute next(LocalMinute after) const;

 private:
  bool has_day(const std::chrono::year_month_day& date) const;
  bool names_a_day_that_exists() const;

  CronField minutes_, hours_, days_, months_, weekdays_;
};

}  // namespace skald::definition
