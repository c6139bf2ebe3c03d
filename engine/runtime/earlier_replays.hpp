// Whether the work of an execution is being done again, or was, by another replay: of the execution itself, of what it
// replays, or of a replay. Blocking; any thread but a loop.
#pragma once

#include <optional>
#include <string>

#include "engine/base/error.hpp"
#include "engine/ports/history_store.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

struct EarlierReplays {
  // "replay.repeated" by the first that is under way, completed, or left effects behind; nothing where each of them
  // ended and none of its effects stands. What retention has removed counts as such.
  std::optional<Error> repeated;
  // The idempotency key of the next one, by the first execution of all and the first number that is free: of two
  // requests that have found the same, for whichever executions of the family, one is written. Empty where one is
  // repeated.
  std::string next_key;
};

// Errors: those of read_state.
Result<EarlierReplays> find_earlier_replays(ports::HistoryStore& store, const saga::State& original);

}  // namespace skald::runtime
