// The answer of one execution to another as JSON, and whom it is for. What is no such JSON throws: what nlohmann_json
// throws, or std::invalid_argument.
#pragma once

#include <cstddef>
#include <string>

#include "engine/base/json.hpp"
#include "engine/saga/answer.hpp"
#include "engine/saga/event.hpp"

namespace skald::runtime {

// Of what has an answer or an input in it: their payloads stand up to two levels deeper.
inline constexpr std::size_t kAnswerDepthMax = kJsonDepthMax + 2;

void append_answer(std::string& out, const saga::Answer& answer);
saga::Answer answer_of(const Json& json);

void append_run_by(std::string& out, const saga::RunBy& by);
saga::RunBy run_by_of(const Json& json);

ExecutionId id_of(const Json& json, const char* name);
Payload payload_of(const Json& value);

}  // namespace skald::runtime
