// What a replay starts with, and what it leaves on its original. Pure.
//
// From "start" nothing is taken over. From "failed" or a step, everything before that place is: completed steps with
// their requests, results and keys, skipped ones and passed-over failures as they were. What is taken over must still
// be in effect and must stand at the same place of the definition the replay follows.
#pragma once

#include <vector>

#include "engine/base/error.hpp"
#include "engine/definition/definition.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/saga/event.hpp"
#include "engine/saga/input.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

struct ReplayBasis {
  const saga::State& original;
  const std::vector<saga::Event>& history;   // of the original
  const definition::Definition& definition;  // that the replay follows
  const definition::Definition& followed;    // and the original's own
  ExecutionId replay;
  Timestamp now;
};

struct ReplayPlan {
  saga::StartExecution start;  // of the replay
  saga::RecordReplay record;   // on the original
};

// Errors: "replay.not_ended", "replay.not_failed" (from "failed" where nothing failed), "replay.unknown_step" (a step
// that the original did not come to), "replay.undone" (what would be taken over is not in effect any more),
// "replay.standing" (effects that are not taken over may stand), "replay.differs". Each names the steps.
Result<ReplayPlan> plan_replay(const ReplayCommand& command, const ReplayBasis& basis);

}  // namespace skald::runtime
