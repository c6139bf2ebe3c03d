// The data of a step on its way through it: the checks by schemas, and what a function of `use.functions` that the step
// calls does to its input and its answer.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "engine/saga/planner.hpp"

namespace skald::saga {

// "expression", at the step.
Payload expression_problem(const Error& error, const definition::Step& step);

// A validation error at `pointer` that names every violation, or nothing. `what`: "The step's input".
std::optional<Payload> check_schema(const std::optional<definition::JsonSchema>& schema, const Payload& value,
                                    std::string_view what, std::string_view pointer);

// What the function sees of the step's input; the input itself where the step calls none. Unexpected: the problem.
std::expected<Payload, Payload> function_input(const Planner& planner, const definition::Step& step,
                                               std::string_view path, const Payload& input);

// The `.` of the call of a step that runs. The history holds the step's own input alone, from which this is made again.
std::expected<Payload, Payload> call_input(const Planner& planner, const definition::Step& step, std::string_view path);

// What the expressions of the call see, and those of the function around it: its own input, also inside an undo.
// `answer` is null where there is none.
Scope call_scope(const Planner& planner, const definition::Step& step, std::string_view path, const Payload& seen,
                 const Payload* answer);

// What the step goes on with of the function's answer; the answer itself where it calls none. Unexpected: the problem.
std::expected<Payload, Payload> function_output(const Planner& planner, const definition::Step& step,
                                                std::string_view path, const Payload& answer);

}  // namespace skald::saga
