// What executions that run each other say to each other: written with the event that says it, sent by the publisher
// until it is heard. Hearing one twice has no effect the second time. Pure.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "engine/base/error.hpp"
#include "engine/saga/answer.hpp"
#include "engine/saga/event.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

struct BeginRun {
  ExecutionId execution;  // the new one
  saga::RunTarget target;
  Payload input;
  saga::Parent parent;
};

struct CancelRun {
  ExecutionId execution;
};

struct UndoRun {
  ExecutionId execution;
  saga::RunBy by;
};

struct AnswerRun {
  saga::RunBy to;
  saga::Answer answer;
};

using RunMessage = std::variant<BeginRun, CancelRun, UndoRun, AnswerRun>;

// What an event of an execution says to another one; `state` is from behind it.
std::optional<RunMessage> message_of(const saga::Event& event, const saga::State& state);

std::string encode_message(const RunMessage& message);
// Error: "message.unreadable".
Result<RunMessage> decode_message(const std::string& text);

}  // namespace skald::runtime
