// The judgement of schedules: each time has started one execution, and no time was passed over before it had come.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/cases.hpp"
#include "tests/simulation/clocks.hpp"
#include "tests/simulation/database.hpp"

namespace skald::simulation {

// Whether somebody's schedule started it, and no order.
bool is_scheduled(const ports::NewExecution& execution);

std::vector<std::string> judge_schedules(const Cases& cases, const Database& database, const Clocks& clocks);

}  // namespace skald::simulation
