// The flow through one list of steps: which comes next, and under which name.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "engine/definition/step.hpp"
#include "engine/saga/state.hpp"

namespace skald::saga {

// The place in the list at which the flow goes on behind an ended step; steps.size(): the list has come to its end.
std::size_t next_place(std::span<const definition::Step> steps, const StepState& ended);

// Of branches or iterations that run beside each other: the one that ended well, or failed, before all others; null
// where none has. One that was skipped does not win.
const StepState* winner_of(const StepState& race);
const StepState* first_failed(const StepState& list);

// The name of the next entry of a step: "charge", then "charge#2".
std::string entry_name(const StepState& list, std::string_view step);

}  // namespace skald::saga
