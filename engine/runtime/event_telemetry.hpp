// Figures that follow from what an execution has just written, and from where it stands.
#pragma once

#include <vector>

#include "engine/ports/telemetry.hpp"
#include "engine/runtime/live_counts.hpp"
#include "engine/saga/event.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

// `state` is the state after these events.
void count_events(ports::Telemetry& telemetry, const std::vector<saga::Event>& events, const saga::State& state);

// Moves the execution from a phase, kPending for a new one, to that of `state` in the counts of what is live.
void count_phase(LiveCounts& live, saga::Phase before, const saga::State& state);

// How it stands, after events and when it was loaded.
void tell_standing(ports::Telemetry& telemetry, const saga::State& state);

}  // namespace skald::runtime
