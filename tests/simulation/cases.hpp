// What is left of each execution when nothing moves any more, and which of them an effect belongs to.
//
// A step that a replay takes over is the replay's from then on, whatever becomes of it; its keys stay those of the
// execution that did it. Who did it and where is its place.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/definition/definition.hpp"
#include "engine/saga/state.hpp"
#include "tests/simulation/database.hpp"

namespace skald::simulation {

struct Case {
  ports::StoredExecution row;
  std::vector<ports::HistoryRow> rows;
  std::vector<saga::Event> events;    // of the rows
  std::vector<Timestamp> written_at;  // of the rows, by the world's time
  saga::State state;                  // their fold
  definition::DefinitionPtr definition;
};

using Cases = std::map<ExecutionId, Case>;
using Place = std::pair<ExecutionId, std::string>;  // as of Services::Step

// nullopt: its history, or its definition, cannot be read.
std::optional<Case> read_case(Database& database, const ports::StoredExecution& row);

// A step and those inside it, undos apart.
template <class Visit>
void each_step(const saga::StepState& step, const Visit& visit) {
  visit(step);
  for (const auto& child : step.children) each_step(child, visit);
}

Place place_of(const saga::State& state, const saga::StepState& step);
// The execution whose effect it is: the last one that took it over.
ExecutionId holder_of(const Place& place, const Cases& cases);
// An operator's word may stand for an effect or an undo that never was; also one on what was taken over.
bool was_overruled(const Case& judged, const Cases& cases);

}  // namespace skald::simulation
