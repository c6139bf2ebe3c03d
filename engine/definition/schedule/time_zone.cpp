#include "engine/definition/schedule/time_zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace skald::definition {
namespace {

// The library knows the changes that a database spells out, which end in 2037. A "slim" one spells out the past alone
// and has a rule for the rest: by it no summer would ever come again.
bool is_spelled_out() {
  const auto later = date::sys_days(date::year(2036) / 7 / 1);
  return std::ranges::any_of(
      std::array{"Europe/Berlin", "America/New_York", "Australia/Sydney"}, [&](const char* name) {
        return date::locate_zone(name)->get_info(later).begin > date::sys_days(date::year(2035) / 1 / 1);
      });
}

}  // namespace

std::optional<TimeZone> TimeZone::find(const std::string& name) {
  if (name == "UTC") return TimeZone(nullptr);
  try {
    static const bool is_usable = is_spelled_out();
    if (!is_usable) return std::nullopt;
    return TimeZone(date::locate_zone(name));
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

LocalMinute TimeZone::to_local(Timestamp at) const {
  const auto minute = std::chrono::floor<std::chrono::minutes>(at);
  if (zone_ == nullptr) return LocalMinute(minute.time_since_epoch());
  return LocalMinute(std::chrono::floor<std::chrono::minutes>(zone_->to_local(at).time_since_epoch()));
}

Timestamp TimeZone::to_instant(LocalMinute at) const {
  if (zone_ == nullptr) return Timestamp(at.time_since_epoch());
  const date::local_time<std::chrono::minutes> local(at.time_since_epoch());
  // Of the two the earlier one; of a gap, its end.
  return std::chrono::time_point_cast<Millis>(zone_->to_sys(local, date::choose::earliest));
}

}  // namespace skald::definition
