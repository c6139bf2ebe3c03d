// Makes a run that fails smaller: fewer kinds of trouble, and less of its random workflow.
#pragma once

#include "tests/simulation/simulation.hpp"

namespace skald::simulation {

// The same seed with all left out that the failure does not need. It fails in the same way, numbers apart; nothing
// where it holds. Each run has a process of its own, so that an engine that ends it is a failure like any other.
std::optional<RunOptions> shrink(RunOptions options);

}  // namespace skald::simulation
