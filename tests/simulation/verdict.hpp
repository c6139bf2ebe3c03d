// The judgement of one execution when nothing moves any more: its history, its row and what the services have of it.
#pragma once

#include <string>
#include <vector>

#include "engine/saga/state.hpp"
#include "tests/simulation/database.hpp"
#include "tests/simulation/services.hpp"

namespace skald::simulation {

struct Evidence {
  const ports::StoredExecution& row;
  const std::vector<ports::HistoryRow>& rows;
  const std::vector<saga::Event>& events;  // of the rows
  const saga::State& state;                // their fold
  const Services& services;
};

// What is wrong with it; each by the promise of docs/guarantees.md that is broken.
std::vector<std::string> judge(const Evidence& evidence);

}  // namespace skald::simulation
