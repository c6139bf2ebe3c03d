// The only code that changes a State, live and in replay.
#pragma once

#include "engine/saga/event.hpp"
#include "engine/saga/state.hpp"

namespace skald::saga {

// Total: any decoded event leads from any state to a state; an event that makes no sense there changes the position
// and nothing else. Never looks at a clock, a definition or the world.
void apply(State& state, const Event& event);

}  // namespace skald::saga
