// A time zone of the tz database of this machine, by its IANA name. Immutable; any thread.
#pragma once

#include <optional>
#include <string>

#include "engine/base/time.hpp"
#include "engine/definition/schedule/cron.hpp"

namespace date {
class time_zone;
}

namespace skald::definition {

class TimeZone {
 public:
  // nullopt: the machine knows none of this name. UTC needs no database.
  static std::optional<TimeZone> find(const std::string& name);

  LocalMinute to_local(Timestamp at) const;
  // When clocks show this for the first time; where they never do, the instant at which they are set beyond it.
  Timestamp to_instant(LocalMinute at) const;

 private:
  explicit TimeZone(const date::time_zone* zone) : zone_(zone) {}

  const date::time_zone* zone_;  // null: UTC
};

}  // namespace skald::definition
