// Figures that follow from what an execution has just written, and from where it stands.
#pragma once

#include <vector>

#include "engine/ports/telemetry.hpp"
#include "engine/saga/event.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

// `before` is the phase before these events, kPending for a new execution; `state` is the state after them.
void count_events(ports::Telemetry& telemetry, const std::vector<saga::Event>& events, saga::Phase before,
                  const saga::State& state);

// Moves the execution from one phase to that of `state` in the count of those that are live; included in count_events.
void count_phase(ports::Telemetry& telemetry, saga::Phase before, const saga::State& state);

// For an execution that was loaded.
void tell_standing(ports::Telemetry& telemetry, const saga::State& state);

}  // namespace skald::runtime
