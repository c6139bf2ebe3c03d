// The judgement of replays: each with the mark on its original, and with what it took over.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "tests/simulation/cases.hpp"
#include "tests/simulation/clients.hpp"
#include "tests/simulation/services.hpp"

namespace skald::simulation {

// `wanted`: everything that was asked for.
std::vector<std::string> judge_replays(const Cases& cases, const std::deque<Replay>& wanted, const Services& services);

}  // namespace skald::simulation
