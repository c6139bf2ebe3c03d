// When a schedule is due. Pure: the same for every node and after every restart.
//
// A time of a cron expression that clocks skip (summer time begins) is due when they are set forward; one that they
// show twice is due the first time only.
#pragma once

#include <optional>

#include "engine/definition/schedule/schedule.hpp"

namespace skald::definition {

// The first time behind `after` at which clocks in the zone show what the expression says.
Timestamp next_time(const CronExpression& cron, const TimeZone& zone, Timestamp after);

// Of a schedule that comes into force now. nullopt: only events start it, or the machine does not know its zone.
std::optional<Timestamp> first_time(const Schedule& schedule, Timestamp now);

// The first time behind `now` of a schedule that was due at `due`. nullopt also: that follows from the end of an
// execution.
std::optional<Timestamp> following_time(const Schedule& schedule, Timestamp due, Timestamp now);

}  // namespace skald::definition
