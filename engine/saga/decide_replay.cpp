// The original's side of a replay: may it be replayed, and from where.
#include <fmt/format.h>

#include "engine/saga/decide_inputs.hpp"
#include "engine/saga/path.hpp"

namespace skald::saga {
namespace {

std::string list_standing(const State& state) {
  std::string list;
  for (const StepState* step : standing_steps(state)) {
    if (!list.empty()) list += ", ";
    list += step->path;
    if (step->status != StepStatus::kCompleted) list += " (unknown)";
  }
  return list;
}

bool was_taken_over(const State& state) {
  for (const auto& replay : state.replays) {
    if (replay.reuses) return true;
  }
  return false;
}

}  // namespace

void handle(Planner& planner, const RecordReplay& input) {
  const State& state = planner.state();
  if (!is_terminal(state.phase)) {
    return planner.refuse("replay.not_ended", "the execution has not ended, so it cannot be replayed",
                          "cancel it, or wait until it ends");
  }
  if (was_taken_over(state)) {
    return planner.refuse(
        "replay.reused",
        fmt::format("replay {} has taken over what this execution did", to_string(state.replays.back().replay)),
        "replay that one instead");
  }
  const std::string standing = list_standing(state);
  if (!input.replayed.reuses && !standing.empty() && !input.accept_standing) {
    return planner.refuse("replay.standing", fmt::format("effects of this execution stand: {}", standing),
                          "replay it from the failed step, undo them, or accept that they stand");
  }
  planner.record(input.replayed);
}

}  // namespace skald::saga
