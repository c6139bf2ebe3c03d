// The judgement of one execution when nothing moves any more: its history, its row and what the services have of it.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/cases.hpp"
#include "tests/simulation/clocks.hpp"
#include "tests/simulation/services.hpp"

namespace skald::simulation {

struct Evidence {
  const Case& judged;
  const Cases& all;
  const Services& services;
  const Clocks& clocks;
};

// What is wrong with it; each by the promise of docs/guarantees.md that is broken.
std::vector<std::string> judge(const Evidence& evidence);

}  // namespace skald::simulation
