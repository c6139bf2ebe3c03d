// Whether the work of an execution is being done again, or was, by another replay: of the execution itself, of what it
// replays, or of a replay. Blocking; any thread but a loop.
#pragma once

#include <optional>

#include "engine/base/error.hpp"
#include "engine/ports/history_store.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

// "replay.repeated" by the first that is under way, completed, or left effects behind; nothing where each of them ended
// and none of its effects stands. What retention has removed counts as such. Errors: those of read_state.
Result<std::optional<Error>> find_earlier_replay(ports::HistoryStore& store, const saga::State& original);

}  // namespace skald::runtime
