// Reads `schedule`, and `saga.schedule`, which says what 1.0.3 leaves open.
#pragma once

#include <optional>

#include "engine/definition/load_context.hpp"
#include "engine/definition/schedule/schedule.hpp"

namespace skald::definition {

// Either may be null. nullopt: there is none, or it has errors.
std::optional<Schedule> read_schedule(LoadContext& context, const Node* schedule, const Node* extension);

}  // namespace skald::definition
