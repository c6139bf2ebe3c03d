#include "tests/simulation/cases.hpp"

#include <algorithm>

#include "engine/definition/load.hpp"
#include "engine/runtime/execution_loader.hpp"
#include "tests/engine/saga/saga_bench.hpp"

namespace skald::simulation {
namespace {

// The replay that has taken over what this execution did.
const Case* heir_of(const Case& original, const Cases& cases) {
  for (const auto& replay : original.state.replays) {
    const auto it = replay.reuses ? cases.find(replay.replay) : cases.end();
    if (it != cases.end()) return &it->second;
  }
  return nullptr;
}

bool has_taken_over(const Case& heir, const Place& place) {
  const auto* step = saga::find_step(heir.state, place.second);
  return step && step->origin == place.first;
}

}  // namespace

std::optional<Case> read_case(Database& database, const ports::StoredExecution& row) {
  auto events = runtime::read_events(database.rows(), row.id);
  auto state = runtime::read_state(database.rows(), row.id);
  if (!events || !state) return std::nullopt;
  const auto stored = database.rows().get_definition(state->digest);
  if (!stored || !*stored) return std::nullopt;
  const auto operations = saga::bench_operations();
  auto loaded = definition::load((*stored)->source, {.operations = &operations, .is_stored = true});
  if (!loaded.ok()) return std::nullopt;
  return Case{.row = row,
              .rows = database.history(row.id),
              .events = std::move(*events),
              .written_at = database.written_at(row.id),
              .state = std::move(*state),
              .definition = std::move(loaded.definition)};
}

Place place_of(const saga::State& state, const saga::StepState& step) {
  return {step.origin.value_or(state.id), step.path};
}

ExecutionId holder_of(const Place& place, const Cases& cases) {
  ExecutionId holder = place.first;
  while (const auto* heir = heir_of(cases.at(holder), cases)) {
    if (!has_taken_over(*heir, place)) break;
    holder = heir->row.id;
  }
  return holder;
}

bool was_overruled(const Case& judged, const Cases& cases) {
  const bool here = std::ranges::any_of(judged.state.incidents, [](const auto& incident) {
    return incident.resolution && *incident.resolution != saga::IncidentResolution::kRetry && !incident.actor.empty();
  });
  if (here || !judged.state.replay_of) return here;
  const auto original = cases.find(judged.state.replay_of->execution);
  return original != cases.end() && was_overruled(original->second, cases);
}

}  // namespace skald::simulation
