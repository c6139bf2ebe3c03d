#include "engine/runtime/command_codec.hpp"

#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/json_object.hpp"
#include "engine/base/overload.hpp"
#include "engine/runtime/answer_codec.hpp"

namespace skald::runtime {
namespace {

saga::ResolveIncident resolution_of(const Json& json) {
  saga::ResolveIncident input{.number = json.at("number").get<std::uint32_t>(),
                              .reason = json.at("reason").get<std::string>()};
  input.resolution = saga::parse_incident_resolution(json.at("resolution").get<std::string>()).value();
  if (json.contains("output")) input.output = payload_of(json["output"]);
  return input;
}

decltype(saga::Input::what) arrival_of(const std::string& name, const Json& json) {
  auto step = json.at("step").get<std::string>();
  if (name == "event") return saga::EventArrived{.step = std::move(step), .event = payload_of(json.at("event"))};
  return saga::CallbackArrived{
      .step = std::move(step), .mac = json.at("mac").get<std::string>(), .data = payload_of(json.at("data"))};
}

ReplayCommand replay_of(const ExecutionId& execution, const Json& json) {
  ReplayCommand command{.original = execution,
                        .from = json.at("from").get<std::string>(),
                        .reason = json.at("reason").get<std::string>(),
                        .accept_standing = json.at("acceptStanding").get<bool>(),
                        .actor = json.at("actor").get<std::string>()};
  if (json.contains("version")) command.version = json["version"].get<std::string>();
  if (json.contains("input")) command.input = payload_of(json["input"]);
  return command;
}

AnyCommand command_of(const ExecutionId& execution, const Json& json) {
  const auto name = json.at("command").get<std::string>();
  if (name == "replay") return replay_of(execution, json);
  saga::Input input{.actor = json.at("actor").get<std::string>(), .what = saga::TimerFired{}};
  if (name == "event" || name == "callback") {
    input.what = arrival_of(name, json);
    return input;
  }
  if (name == "undo") {
    input.what = saga::UndoExecution{.by = run_by_of(json.at("by"))};
    return input;
  }
  if (name == "answer") {
    auto to = run_by_of(json.at("to"));
    input.what =
        saga::AttemptEnded{.step = std::move(to.step), .attempt = to.attempt, .answer = answer_of(json.at("answer"))};
    return input;
  }
  const auto reason = json.at("reason").get<std::string>();
  if (name == "cancel") {
    input.what = saga::CancelExecution{reason};
  } else if (name == "suspend") {
    input.what = saga::SuspendExecution{reason};
  } else if (name == "resume") {
    input.what = saga::ResumeExecution{reason};
  } else if (name == "terminate") {
    input.what = saga::TerminateExecution{reason};
  } else if (name == "incident") {
    input.what = resolution_of(json);
  } else {
    throw std::invalid_argument("there is no command '" + name + "'");
  }
  return input;
}

}  // namespace

std::string encode_command(const ExecutionId& execution, const saga::Input& input) {
  std::string out;
  JsonObject object(out);
  const auto add = [&](std::string_view name, const std::string& reason) {
    object.text("command", name);
    object.text("reason", reason);
  };
  std::visit(Overload{[&](const saga::CancelExecution& what) { add("cancel", what.reason); },
                      [&](const saga::SuspendExecution& what) { add("suspend", what.reason); },
                      [&](const saga::ResumeExecution& what) { add("resume", what.reason); },
                      [&](const saga::TerminateExecution& what) { add("terminate", what.reason); },
                      [&](const saga::ResolveIncident& what) {
                        add("incident", what.reason);
                        object.number("number", what.number);
                        object.text("resolution", saga::to_string(what.resolution));
                        if (what.output) object.payload("output", *what.output);
                      },
                      [&](const saga::EventArrived& what) {
                        object.text("command", "event");
                        object.text("step", what.step);
                        object.payload("event", what.event);
                      },
                      [&](const saga::CallbackArrived& what) {
                        object.text("command", "callback");
                        object.text("step", what.step);
                        object.text("mac", what.mac);
                        object.payload("data", what.data);
                      },
                      [&](const saga::UndoExecution& what) {
                        object.text("command", "undo");
                        append_run_by(object.key("by"), what.by);
                      },
                      [&](const saga::AttemptEnded& what) {
                        object.text("command", "answer");
                        append_run_by(object.key("to"),
                                      {.execution = execution, .step = what.step, .attempt = what.attempt});
                        append_answer(object.key("answer"), what.answer);
                      },
                      [](const auto&) {}},
             input.what);
  object.text("actor", input.actor);
  return out;
}

std::string encode_command(const ReplayCommand& command) {
  std::string out;
  JsonObject object(out);
  object.text("command", "replay");
  object.text("from", command.from);
  if (command.version) object.text("version", *command.version);
  if (command.input) object.payload("input", *command.input);
  object.text("reason", command.reason);
  object.flag("acceptStanding", command.accept_standing);
  object.text("actor", command.actor);
  return out;
}

Result<AnyCommand> decode_command(const ExecutionId& execution, const std::string& text) {
  const auto json = parse_json(text, kAnswerDepthMax);
  try {
    if (json) return command_of(execution, *json);
    return failure("command.unreadable", "the command cannot be read", to_string(execution), {}, to_text(json.error()));
  } catch (const std::exception& error) {
    return failure("command.unreadable", "the command is not one that this version knows", to_string(execution),
                   "send it to a node of the version that wrote it", error.what());
  }
}

std::string encode_answer(const std::optional<ExecutionId>& started) {
  std::string out;
  JsonObject object(out);
  if (started) object.id("execution", *started);
  return out;
}

std::string encode_answer(const Error& error) {
  std::string out;
  JsonObject object(out);
  JsonObject inner(object.key("error"));
  inner.text("code", error.code);
  inner.text("message", error.message);
  inner.text("subject", error.subject);
  inner.text("remedy", error.remedy);
  inner.text("detail", error.detail);
  return out;
}

Result<std::optional<ExecutionId>> decode_answer(const std::string& text) {
  const auto json = parse_json(text);
  try {
    if (!json) return std::unexpected(json.error());
    if (json->contains("execution")) return parse_execution_id(json->at("execution").get<std::string>());
    if (!json->contains("error")) return std::nullopt;
    const auto& error = json->at("error");
    const auto field = [&](const char* name) { return error.at(name).get<std::string>(); };
    return failure(field("code"), field("message"), field("subject"), field("remedy"), field("detail"));
  } catch (const std::exception& error) {
    return failure("command.unreadable", "the answer to the command cannot be read", {}, {}, error.what());
  }
}

}  // namespace skald::runtime
