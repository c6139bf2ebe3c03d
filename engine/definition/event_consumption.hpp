// Which events are waited for: by a step that listens, or by a workflow that they start. Source: DSL 1.0.3, "Event
// Consumption Strategy".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/definition/event_filter.hpp"
#include "engine/expression/expression.hpp"
#include "engine/expression/value_template.hpp"

namespace skald::definition {

// A correlation without `expect`: the first event of a `listen` that has a value by this name settles what those behind
// it must have.
struct OpenCorrelation {
  std::string name;
  expression::Expression from;
};

// One of the events that are waited for.
struct EventPattern {
  EventFilter filter;
  std::vector<expression::ValueTemplate> expects;  // `correlate`, in the order of the names
  std::vector<OpenCorrelation> open;
};

struct EventConsumption {
  enum class Strategy { kOne, kAny, kAll };

  Strategy strategy = Strategy::kOne;
  std::vector<EventPattern> patterns;           // of `to` or `on`, then those of `until`; an event is of one from 1 on
  std::uint32_t wanted = 0;                     // how many of them are of `to` or `on`
  std::optional<expression::Expression> until;  // of `any`: goes on until it holds for what came so far
  Strategy until_strategy = Strategy::kAny;     // where events end it

  // Whether events of a pattern only end the waiting, and are not part of what was received.
  bool only_ends(std::uint32_t pattern) const { return pattern > wanted; }
  bool has_events_in_until() const { return patterns.size() > wanted; }
};

}  // namespace skald::definition
