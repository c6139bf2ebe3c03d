// The saga machine: what follows from an input. Pure: no clock, no I/O, no randomness; `now` and `seed` are data.
//
//   given a definition, a state and an input -> the events to store, and the effects to perform once they are durable
//
// The driver appends `events` after state.position and performs `effects` only then. If the append does not happen, it
// drops the decision and loads the execution again. `next` is the fold of `events` over the state, made by apply().
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/definition/definition.hpp"
#include "engine/definition/operation_catalog.hpp"
#include "engine/saga/effect.hpp"
#include "engine/saga/event.hpp"
#include "engine/saga/input.hpp"
#include "engine/saga/state.hpp"

namespace skald::saga {

struct Context {
  const definition::Definition& definition;
  const definition::OperationCatalog& operations;
  Timestamp now;
  std::uint64_t seed = 0;   // for jitter; any fresh number
  std::uint64_t epoch = 1;  // written into each event
};

struct Decision {
  std::vector<Event> events;
  std::vector<Effect> effects;
  std::optional<Error> refusal;  // the command is not possible here: nothing happens
  State next;
};

// Refusal codes: "execution.ended", "execution.pivot" (the pivot forbids it), "execution.cancel_refused",
// "execution.not_suspended",
// "event.not_awaited", "event.taken", "callback.unknown", "callback.used", "incident.unknown", "incident.resolved",
// "incident.needs_output", "incident.retry_only", "incident.not_retryable", "replay.standing", "replay.reused",
// "replay.not_ended".
Decision decide(const Context& context, State state, const Input& input);

}  // namespace skald::saga
