// The way forward: which step starts, what its end means for the flow.
#pragma once

#include <string_view>
#include <vector>

#include "engine/saga/planner.hpp"

namespace skald::saga {

enum class Progress { kWaiting, kCompleted, kFailed };

// Takes a list of steps as far as it goes: `parent` is the instance whose children they are (the root, a `do`, an undo
// that is a list).
Progress advance_list(Planner& planner, const std::vector<definition::Step>& steps, std::string_view parent);

// Ends a running step with its output, after output.as and export.as.
void complete_step(Planner& planner, const definition::Step& step, std::string_view path, const Payload& output);

// Ends a step with an error, or parks it: onError, the pivot and the undo's own rules decide. `unknown`: this failure
// leaves open whether the step had its effect.
void fail_step(Planner& planner, const definition::Step& step, std::string_view path, Payload error, bool unknown);

// Ends every running step below `path`: their scope is ending, and no call of theirs is in flight.
void end_running_steps(Planner& planner, std::string_view path, const Payload& error);

// What the step at `path` and its expressions see; `input` and `output` are null where there is none.
Scope scope_of(const Planner& planner, const definition::Step& step, std::string_view path, const Payload* input,
               const Payload* output);

// The value of a template as a payload. Errors: "expression".
Result<Payload> render(const Planner& planner, const expression::ValueTemplate& value, const Payload& input,
                       const Scope& scope);

}  // namespace skald::saga
