// What has to hold before an execution is created, and what its first append carries. Pure, loop thread.
#pragma once

#include <memory>
#include <string>

#include "engine/base/error.hpp"
#include "engine/runtime/definitions.hpp"
#include "engine/runtime/execution_driver.hpp"

namespace skald::runtime {

// Errors: "input.invalid"; its detail is a JSON array of {pointer, detail}.
Result<void> check_input(const definition::Definition& definition, const Payload& input);

// Why a start was refused, for people: with each place where the input does not fit.
std::string refusal_text(const Error& error);

// Of an execution that another one runs. Errors: "workflow.pivot".
Result<void> check_run(const StartCommand& command, const definition::Definition& definition);

// The execution's row.
ports::NewExecution new_row(const definition::Definition& definition, const ExecutionId& id, Timestamp at,
                            std::map<std::string, std::string> labels);

// From a checked command; `answer` is left to the caller. Errors: "unique.invalid".
Result<std::unique_ptr<NewStart>> plan_start(const StartCommand& command, definition::DefinitionPtr definition,
                                             const ExecutionId& id, Timestamp at);

}  // namespace skald::runtime
