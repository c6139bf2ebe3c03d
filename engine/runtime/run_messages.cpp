#include "engine/runtime/run_messages.hpp"

#include <exception>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "engine/base/duration.hpp"
#include "engine/base/json_object.hpp"
#include "engine/base/overload.hpp"
#include "engine/runtime/answer_codec.hpp"
#include "engine/saga/runs.hpp"

namespace skald::runtime {
namespace {

// Finds what an event says to another execution.
class Speaker {
 public:
  explicit Speaker(const saga::State& state) : state_(state) {}

  std::optional<RunMessage> operator()(const saga::StepStarted& e) const {
    return of_request(e.step, e.request, 1, e.execution);
  }
  std::optional<RunMessage> operator()(const saga::UndoStarted& e) const {
    return of_request(e.step, e.request, 1, e.execution);
  }
  std::optional<RunMessage> operator()(const saga::AttemptStarted& e) const {
    const auto* step = saga::find_step(state_, e.step);
    if (step == nullptr) return std::nullopt;
    return of_request(e.step, step->request, e.attempt, e.execution);
  }
  std::optional<RunMessage> operator()(const saga::RunCancelRequested& e) const {
    const auto* step = saga::find_step(state_, e.step);
    if (step == nullptr || !step->execution) return std::nullopt;
    return CancelRun{*step->execution};
  }
  std::optional<RunMessage> operator()(const saga::UndoRequested& e) const {
    if (e.verdict == saga::UndoVerdict::kBegins) return std::nullopt;
    return AnswerRun{.to = e.by, .answer = saga::answer_of_undo(state_, e)};
  }
  std::optional<RunMessage> operator()(const saga::ExecutionEnded&) const {
    if (state_.undone_by) return AnswerRun{.to = *state_.undone_by, .answer = saga::answer_of_undo(state_)};
    if (!state_.parent || !state_.parent->awaited) return std::nullopt;
    return AnswerRun{.to = state_.parent->by, .answer = saga::answer_of_run(state_)};
  }
  template <class Other>
  std::optional<RunMessage> operator()(const Other&) const {
    return std::nullopt;
  }

 private:
  std::optional<RunMessage> of_request(const std::string& step, const saga::RequestPtr& request, std::uint32_t attempt,
                                       const std::optional<ExecutionId>& execution) const {
    if (!request || !request->is_to_engine()) return std::nullopt;
    saga::RunBy by{.execution = state_.id, .step = step, .attempt = attempt};
    if (request->undoes) return UndoRun{.execution = *request->undoes, .by = std::move(by)};
    return BeginRun{.execution = execution.value(),
                    .target = *request->run,
                    .input = Payload::from_trusted_text(request->body),
                    .parent = {.by = std::move(by), .depth = state_.depth + 1, .awaited = request->run->awaited}};
  }

  const saga::State& state_;
};

BeginRun begin_of(const Json& json) {
  BeginRun begin{.execution = id_of(json, "execution"),
                 .target = {.namespace_name = json.at("namespace").get<std::string>(),
                            .workflow = json.at("name").get<std::string>(),
                            .version = json.at("version").get<std::string>(),
                            .awaited = json.at("await").get<bool>(),
                            .timeout = std::nullopt,
                            .pivot = json.at("pivot").get<bool>()},
                 .input = payload_of(json.at("input")),
                 .parent = {.by = run_by_of(json.at("by")), .depth = json.at("depth").get<std::uint32_t>()}};
  begin.parent.awaited = begin.target.awaited;
  if (json.contains("timeout")) begin.target.timeout = parse_duration(json["timeout"].get<std::string>());
  return begin;
}

RunMessage message_from(const Json& json) {
  const auto name = json.at("message").get<std::string>();
  if (name == "begin") return begin_of(json);
  if (name == "cancel") return CancelRun{id_of(json, "execution")};
  if (name == "undo") return UndoRun{.execution = id_of(json, "execution"), .by = run_by_of(json.at("by"))};
  if (name == "answer") return AnswerRun{.to = run_by_of(json.at("to")), .answer = answer_of(json.at("answer"))};
  throw std::invalid_argument("there is no message '" + name + "'");
}

}  // namespace

std::optional<RunMessage> message_of(const saga::Event& event, const saga::State& state) {
  return std::visit(Speaker(state), event.data);
}

std::string encode_message(const RunMessage& message) {
  std::string out;
  JsonObject object(out);
  std::visit(Overload{[&](const BeginRun& begin) {
                        object.text("message", "begin");
                        object.id("execution", begin.execution);
                        object.text("namespace", begin.target.namespace_name);
                        object.text("name", begin.target.workflow);
                        object.text("version", begin.target.version);
                        object.flag("await", begin.target.awaited);
                        object.flag("pivot", begin.target.pivot);
                        if (begin.target.timeout) object.text("timeout", format_duration(*begin.target.timeout));
                        object.payload("input", begin.input);
                        append_run_by(object.key("by"), begin.parent.by);
                        object.number("depth", begin.parent.depth);
                      },
                      [&](const CancelRun& cancel) {
                        object.text("message", "cancel");
                        object.id("execution", cancel.execution);
                      },
                      [&](const UndoRun& undo) {
                        object.text("message", "undo");
                        object.id("execution", undo.execution);
                        append_run_by(object.key("by"), undo.by);
                      },
                      [&](const AnswerRun& answer) {
                        object.text("message", "answer");
                        append_run_by(object.key("to"), answer.to);
                        append_answer(object.key("answer"), answer.answer);
                      }},
             message);
  return out;
}

Result<RunMessage> decode_message(const std::string& text) {
  const auto json = parse_json(text, kAnswerDepthMax);
  if (!json) return failure("message.unreadable", "the message cannot be read", {}, {}, to_text(json.error()));
  try {
    return message_from(*json);
  } catch (const std::exception& error) {
    return failure("message.unreadable", "the message is not one that this version knows", {}, {}, error.what());
  }
}

}  // namespace skald::runtime
