// The judgement of when things happened in an execution: G15, no attempt, no end of a wait and no timeout before its
// time.
#pragma once

#include <string>
#include <vector>

#include "engine/saga/event.hpp"

namespace skald::simulation {

// A line each.
std::vector<std::string> what_came_early(const std::vector<saga::Event>& events);

}  // namespace skald::simulation
