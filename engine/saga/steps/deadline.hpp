// `timeout` of a step that has no attempts, and the end that it, or an error, makes of the steps inside.
#pragma once

#include <optional>
#include <string_view>

#include "engine/saga/planner.hpp"

namespace skald::saga {

std::optional<Timestamp> deadline_of(const Planner& planner, const definition::Step& step);

// Whether it has passed, which is recorded once. After a pivot it ends nothing any more.
bool is_late(Planner& planner, std::string_view path);

Payload lateness(const definition::Step& step);

// Ends a step that has steps inside with an error, and all that runs in it: once no call of theirs is in flight.
// Nothing new starts meanwhile. False while it waits for one.
bool end_inside(Planner& planner, const definition::Step& step, std::string_view path, const Payload& error);

}  // namespace skald::saga
