// The judgement of executions that two events start together: each event is in one of them, and none is left.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/cases.hpp"

namespace skald::simulation {

// Neither by a client nor as a replay.
bool is_started_by_events(const ports::NewExecution& execution);

// `pairs`: how many events of each kind were sent.
std::vector<std::string> judge_pairs(const Cases& cases, std::size_t pairs);

}  // namespace skald::simulation
