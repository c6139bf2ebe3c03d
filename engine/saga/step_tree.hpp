// Growing the tree of step instances, and what their attempts and ends leave in it. Part of apply(), which alone
// changes a state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/saga/state.hpp"

namespace skald::saga {

// The instance at `path`, made where it does not exist yet, with whatever contains it.
StepState& ensure_step(State& state, std::string_view path, Timestamp at);

// Makes the instance and hands it its input. An undo's input is its step's output.
StepState& open_step(State& state, const std::string& path, std::uint32_t round, const std::optional<Payload>& input,
                     Timestamp at);

void begin_attempt(Attempts& attempts, std::uint32_t number, Timestamp at);

// The attempts an answer or a retry belongs to: those of settling once it began, else the step's own.
Attempts& current_attempts(StepState& step);

void answer_attempt(Attempts& attempts);

// How long a round of a `try` may take, and when the one that runs, or begins next, begins.
void limit_attempt(StepState& step, Millis length, Timestamp begins);
// The time of that round is over.
void pass_limit(StepState& step);

// After an operator's word the retry policy counts from the start, and what waits goes on to its own end.
void forgive(StepState& step, Timestamp at);
// The policies of all that runs.
void forgive_all(StepState& step);

void end_step(State& state, StepState& step, StepStatus status, Timestamp at);

}  // namespace skald::saga
