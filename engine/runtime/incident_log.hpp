// Says in the log, at level ERROR, what waits for an operator.
#pragma once

#include <vector>

#include "engine/ports/log.hpp"
#include "engine/saga/event.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

// What these events have raised; `state` is the state after them.
void log_raised_incidents(ports::Log& log, const std::vector<saga::Event>& events, const saga::State& state);

// What an execution that was loaded waits for: the process that raised it may have died before it could say so.
void log_open_incidents(ports::Log& log, const saga::State& state);

}  // namespace skald::runtime
