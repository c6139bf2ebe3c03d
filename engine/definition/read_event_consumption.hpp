// Reads which events are waited for: one, any or all of some, and what ends it.
#pragma once

#include "engine/definition/event_consumption.hpp"
#include "engine/definition/read_event_pattern.hpp"

namespace skald::definition {

void read_event_consumption(LoadContext& context, const Node& node, const Scope& scope, EventUse use,
                            EventConsumption& read);

}  // namespace skald::definition
