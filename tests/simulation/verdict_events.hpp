// The judgement of what executions emitted, when nothing moves any more.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/cases.hpp"
#include "tests/simulation/services.hpp"

namespace skald::simulation {

// What is wrong: an event that did not arrive, or one of the same execution that arrived before it.
std::vector<std::string> judge_events(const Cases& cases, const Services& services);

}  // namespace skald::simulation
