// Executions that other executions run: `run: workflow`.
//
// A step that runs one is a call whose participant is this engine. Its request goes out as a message that is written
// with the event (runtime/run_messages.hpp), so that no crash loses it, and its answer comes when the other execution
// has ended.
#pragma once

#include <optional>
#include <string_view>

#include "engine/saga/answer.hpp"
#include "engine/saga/planner.hpp"

namespace skald::saga {

// Asks what the steps at or below `path` run to cancel itself, each once. What undoes something is left to it.
void cancel_runs(Planner& planner, std::string_view path);

// The step of an execution that waits for another one.
struct Waiting {
  RunBy by;
  bool is_for_undo = false;
};
std::optional<Waiting> waiting_for(const State& state, const ExecutionId& execution);

// What an execution that has ended says to the step that runs it, and to the one that had it undone.
Answer answer_of_run(const State& state);
Answer answer_of_undo(const State& state);
// Of one that does not have to, or cannot.
Answer answer_of_undo(const State& state, const UndoRequested& request);

// What the step is told where the execution could not be begun, or is gone.
Answer refused_run(const Error& error);

}  // namespace skald::saga
