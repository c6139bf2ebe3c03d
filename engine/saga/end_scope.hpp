// Ending what runs before its time: a scope that is late, whose error goes up, that lost a race or is cancelled.
//
// Waits and back-offs end at once; a call in flight is awaited, since its effect cannot be unsent, and so is an undo
// that has begun inside.
#pragma once

#include <string>
#include <string_view>

#include "engine/saga/planner.hpp"

namespace skald::saga {

// Whether a scope around the step is on its way to its end without it: it is late, its error goes up, its race is won.
bool is_over(const Planner& planner, std::string_view path);

// Nobody is asked about a step that is over, nor about one inside it that could not even start.
void close_incidents(Planner& planner, std::string_view path);

// Ends what runs below `path`, innermost first. True when nothing is left that runs.
bool end_running_steps(Planner& planner, std::string_view path, const Payload& error);
// The same, and the step itself.
bool end_running_step(Planner& planner, const std::string& path, const Payload& error);

// Ends a step that has steps inside with an error, once all that runs in it has ended. False while it waits.
bool end_inside(Planner& planner, const definition::Step& step, std::string_view path, const Payload& error);

}  // namespace skald::saga
