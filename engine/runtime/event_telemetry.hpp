// Counters that follow from what an execution has just written.
#pragma once

#include <vector>

#include "engine/ports/telemetry.hpp"
#include "engine/saga/event.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

// `before` is the phase before these events, kPending for a new execution; `state` is the state after them.
void count_events(ports::Telemetry& telemetry, const std::vector<saga::Event>& events, saga::Phase before,
                  const saga::State& state);

}  // namespace skald::runtime
