// When a workflow starts by itself: `schedule` of DSL 1.0.3, and what the saga extension says beside it.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "engine/base/time.hpp"
#include "engine/definition/event_consumption.hpp"
#include "engine/definition/schedule/cron.hpp"
#include "engine/definition/schedule/time_zone.hpp"

namespace skald::definition {

struct Schedule {
  // Whether or not the execution before has ended.
  struct Every {
    Millis interval;
  };
  // Behind the end of the execution before.
  struct After {
    Millis delay;
  };
  struct Cron {
    CronExpression expression;
    std::optional<TimeZone> zone;  // absent: this machine does not know it, though another one did
  };
  // For an event that one of the patterns matches, or for several that are collected.
  struct On : EventConsumption {
    std::string shape;  // the same for equal rules: 32 hex digits

    // Whether more than one event may be needed.
    bool collects() const { return strategy == Strategy::kAll || until || has_events_in_until(); }
  };

  std::variant<Every, After, Cron, On> kind;
  // For people, and to tell one from another: "every: PT1H", "after: PT5M", "cron: 0 2 * * *", "on: all".
  std::string rule;
  std::string time_zone;       // of `cron`: "Europe/Berlin"; otherwise empty
  bool skips_overlap = false;  // overlap: skip
  bool makes_up = true;        // missed: run
};

}  // namespace skald::definition
