// The specification's error objects: RFC 9457 problem details with the step's JSON pointer as `instance`.
// Source: Open Workflow DSL 1.0.3, "Errors".
#pragma once

#include <string>
#include <string_view>

#include "engine/base/payload.hpp"
#include "engine/saga/answer.hpp"
#include "engine/saga/event.hpp"

namespace skald::saga {

// `type` is the last segment: "communication", "timeout", "expression", "validation", "configuration", "runtime".
// A status of 0 takes the type's own. Empty details are left out.
Payload make_problem(std::string_view type, int status, std::string_view title, std::string_view detail,
                     std::string_view instance);

// Of an answer that is not `done`.
Payload problem_of(const Answer& answer, std::string_view instance);

// An error object that an author wrote (`raise`): what is missing of type, status and instance is filled in.
// Error: what of it is malformed.
Result<Payload> normalize_problem(const Json& value, std::string_view instance);

// The end that an operator's termination makes.
ExecutionEnded terminated(CompensationState compensation, std::string reason);

}  // namespace skald::saga
