// What the starts by a schedule have in common: those at a time and those for an event.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/engine.hpp"

namespace skald::runtime {

// Starts an execution as anybody does; the callback runs on its loop.
using Start = std::function<void(StartCommand, Callback<Started>)>;

// A repeated key is the same start, whatever has become of the definition since.
StartCommand scheduled_start(const definition::Definition& definition, std::string key, Payload input);

// The start that is due at this time.
StartCommand start_at(const definition::Definition& definition, Timestamp due);

// Those that an event is for, one for each workflow whose schedule says so. Not on a loop.
std::vector<StartCommand> starts_for(const Definitions& definitions, const std::string& envelope, const Json& event);

// Errors: "schedule.too_deep", of an event that comes from too far down: workflows that start each other end.
Result<void> check_depth(const StartCommand& command);

// Whether it may go well later; anything else was refused for good.
bool may_pass(const Error& error);

// "started", or "repeated": a crash came between the start and the note of it.
std::string_view result_of(const Started& started);

void log_refused_start(ports::Log& log, const ports::WorkflowName& workflow, const Error& error);

}  // namespace skald::runtime
