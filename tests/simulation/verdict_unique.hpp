// The judgement of executions that are about the same: one at a time, and who was refused was refused for a reason.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "tests/simulation/cases.hpp"
#include "tests/simulation/clients.hpp"
#include "tests/simulation/clocks.hpp"

namespace skald::simulation {

std::vector<std::string> judge_unique(const Cases& cases, const std::deque<Refusal>& refusals, const Clocks& clocks);

}  // namespace skald::simulation
