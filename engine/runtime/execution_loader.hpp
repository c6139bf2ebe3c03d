// From the store to a state: reads a history, folds it, finds its definition. Blocking; any thread but a loop.
#pragma once

#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/ports/history_store.hpp"
#include "engine/runtime/definitions.hpp"
#include "engine/saga/event.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

struct LoadedExecution {
  saga::State state;
  definition::DefinitionPtr definition;
  ports::ExecutionSummary summary;  // as the row has it
};

// Errors: "execution.unknown", "store.unavailable", "store.corrupt", "history.unknown_kind", "history.unreadable" (each
// with the execution and position), "history.unreadable".
Result<std::vector<saga::Event>> read_events(ports::HistoryStore& store, const ExecutionId& id);

// Errors: those of read_events.
Result<saga::State> read_state(ports::HistoryStore& store, const ExecutionId& id);

// Errors: those of read_events and Definitions::by_digest.
Result<LoadedExecution> load_execution(ports::HistoryStore& store, Definitions& definitions, const ExecutionId& id);

}  // namespace skald::runtime
