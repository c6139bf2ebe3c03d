#include "engine/runtime/answer_codec.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/base/json_object.hpp"

namespace skald::runtime {

void append_answer(std::string& out, const saga::Answer& answer) {
  JsonObject object(out);
  object.text("outcome", saga::to_string(answer.outcome));
  object.flag("retryable", answer.retryable);
  object.number("status", answer.status);
  object.payload("body", answer.body);
  object.text("type", answer.error_type);
  object.text("title", answer.title);
  object.text("detail", answer.detail);
  object.payload("problem", answer.problem);
}

saga::Answer answer_of(const Json& json) {
  return {.outcome = saga::parse_attempt_outcome(json.at("outcome").get<std::string>()).value(),
          .retryable = json.at("retryable").get<bool>(),
          .status = json.at("status").get<int>(),
          .body = payload_of(json.at("body")),
          .error_type = json.at("type").get<std::string>(),
          .title = json.at("title").get<std::string>(),
          .detail = json.at("detail").get<std::string>(),
          .problem = payload_of(json.at("problem"))};
}

void append_run_by(std::string& out, const saga::RunBy& by) {
  JsonObject object(out);
  object.id("execution", by.execution);
  object.text("step", by.step);
  object.number("attempt", by.attempt);
}

saga::RunBy run_by_of(const Json& json) {
  return {.execution = id_of(json, "execution"),
          .step = json.at("step").get<std::string>(),
          .attempt = json.at("attempt").get<std::uint32_t>()};
}

ExecutionId id_of(const Json& json, const char* name) {
  const auto id = parse_execution_id(json.at(name).get<std::string>());
  if (!id) throw std::invalid_argument(std::string(name) + " is no execution");
  return *id;
}

Payload payload_of(const Json& value) {
  return Payload::from_trusted_text(dump_json(value));
}

}  // namespace skald::runtime
