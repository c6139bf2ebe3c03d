// Whether the events that came are those that are waited for. Pure.
#pragma once

#include <cstdint>

#include "engine/definition/event_consumption.hpp"

namespace skald::definition {

// By the patterns alone; `until` as a condition is asked beside it. has(pattern): an event of this one has come.
template <class Has>
bool has_enough(const EventConsumption& waited, const Has& has) {
  const bool by_end = waited.has_events_in_until();
  const auto strategy = by_end ? waited.until_strategy : waited.strategy;
  const auto last = static_cast<std::uint32_t>(waited.patterns.size());
  const bool needs_all = strategy == EventConsumption::Strategy::kAll;
  for (std::uint32_t pattern = by_end ? waited.wanted + 1 : 1; pattern <= last; ++pattern) {
    if (has(pattern) != needs_all) return !needs_all;
  }
  return needs_all;
}

}  // namespace skald::definition
