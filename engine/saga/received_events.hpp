// What a step that listens has received, as its expressions and its output see it: `read`, without the events that only
// end the listening.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/definition/steps/listen.hpp"
#include "engine/saga/state.hpp"

namespace skald::saga {

// How many there are.
std::size_t count_items(const definition::ListenStep& kind, const StepState& step);

// The one that iteration `round`, from 1, is about. It must be there.
Json item_of(const definition::ListenStep& kind, const StepState& step, std::uint32_t round);

// All of them, in the order of their coming.
Payload items_of(const definition::ListenStep& kind, const StepState& step);

}  // namespace skald::saga
