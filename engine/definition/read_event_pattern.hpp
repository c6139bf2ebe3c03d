// Reads which events are meant: `with`, and what they are correlated by. Source: DSL 1.0.3, "Event Filter".
#pragma once

#include <optional>
#include <vector>

#include "engine/definition/event_consumption.hpp"
#include "engine/definition/load_context.hpp"

namespace skald::definition {

// What an event is for. One that starts an execution is correlated with others that do: there is nothing of an
// execution yet that it could be compared with.
enum class EventUse { kListen, kStart };

std::optional<EventPattern> read_event_pattern(LoadContext& context, const Node& node, const Scope& scope,
                                               EventUse use);
std::vector<EventPattern> read_event_patterns(LoadContext& context, const Node& node, const Scope& scope, EventUse use);

}  // namespace skald::definition
