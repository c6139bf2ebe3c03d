// The judgement of executions that run each other: who was begun by whom, once, and ended with it.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/cases.hpp"

namespace skald::simulation {

std::vector<std::string> judge_runs(const Cases& cases);

// The executions that its steps wait for.
std::vector<ExecutionId> awaited_by(const saga::State& state);
// Whether one of them has not ended.
bool waits_for_another(const Case& judged, const Cases& cases);

}  // namespace skald::simulation
