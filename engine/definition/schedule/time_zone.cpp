#include "engine/definition/schedule/time_zone.hpp"

#include <date/tz.h>

#include <stdexcept>

namespace skald::definition {

std::optional<TimeZone> TimeZone::find(const std::string& name) {
  if (name == "UTC") return TimeZone(nullptr);
  try {
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
