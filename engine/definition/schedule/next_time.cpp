#include "engine/definition/schedule/next_time.hpp"

#include <algorithm>

namespace skald::definition {

Timestamp next_time(const CronExpression& cron, const TimeZone& zone, Timestamp after) {
  // A later local time is never an earlier instant, so what comes before this one is over.
  LocalMinute local = zone.to_local(after);
  while (true) {
    local = cron.next(local);
    // Clocks may show it a second time, which is none, or have shown the one before when they were set forward.
    if (const Timestamp at = zone.to_instant(local); at > after) return at;
  }
}

std::optional<Timestamp> first_time(const Schedule& schedule, Timestamp now) {
  if (const auto* after = std::get_if<Schedule::After>(&schedule.kind)) return now + after->delay;
  return following_time(schedule, now, now);
}

std::optional<Timestamp> following_time(const Schedule& schedule, Timestamp due, Timestamp now) {
  if (const auto* every = std::get_if<Schedule::Every>(&schedule.kind)) {
    const auto passed = std::max(now - due, Millis(0)) / every->interval;
    return due + (passed + 1) * every->interval;
  }
  if (const auto* cron = std::get_if<Schedule::Cron>(&schedule.kind)) {
    if (!cron->zone) return std::nullopt;
    return next_time(cron->expression, *cron->zone, std::max(due, now));
  }
  return std::nullopt;
}

}  // namespace skald::definition
