// Reads which events are meant: `with`, and what they are correlated by. Source: DSL 1.0.3, "Event Filter".
#pragma once

#include <optional>
#include <vector>

#include "engine/definition/load_context.hpp"
#include "engine/definition/steps/listen.hpp"

namespace skald::definition {

// What an event is for. One that starts an execution has nothing yet that it could be correlated with.
enum class EventUse { kListen, kStart };

std::optional<EventPattern> read_event_pattern(LoadContext& context, const Node& node, const Scope& scope,
                                               EventUse use = EventUse::kListen);
std::vector<EventPattern> read_event_patterns(LoadContext& context, const Node& node, const Scope& scope,
                                              EventUse use = EventUse::kListen);

}  // namespace skald::definition
