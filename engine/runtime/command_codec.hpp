// Commands and their answers as the JSON objects of the inbox. Forever, as the events are: another version of the
// binary may read them.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "engine/base/error.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/saga/input.hpp"

namespace skald::runtime {

// {"command":"cancel","actor":"...","reason":"..."}. An operator's word, an event or a callback, or another
// execution's: the engine's own inputs stay at home.
std::string encode_command(const ExecutionId& execution, const saga::Input& input);
std::string encode_command(const ReplayCommand& command);

using AnyCommand = std::variant<saga::Input, ReplayCommand>;
// Errors: "command.unreadable".
Result<AnyCommand> decode_command(const ExecutionId& execution, const std::string& text);

// {}, {"execution":"..."} where a replay was started, or {"error":{...}}.
std::string encode_answer(const std::optional<ExecutionId>& started);
std::string encode_answer(const Error& error);
Result<std::optional<ExecutionId>> decode_answer(const std::string& text);

}  // namespace skald::runtime
