#include <fmt/format.h>

#include "engine/base/duration.hpp"
#include "engine/saga/event_codec.hpp"
#include "engine/saga/event_kinds.hpp"

namespace skald::saga {
namespace {

// Builds one JSON object; payloads are spliced in as they were received.
class Fields {
 public:
  // Most events need no more; a larger one is known by its payloads.
  explicit Fields(std::size_t payload_size = 0) {
    out_.reserve(256 + payload_size);
    out_ = '{';
  }

  void text(std::string_view name, std::string_view value) {
    begin(name);
    append_json_string(out_, value);
  }
  void text_unless_empty(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  void optional_text(std::string_view name, const std::optional<std::string>& value) {
    if (value) text(name, *value);
  }
  void raw(std::string_view name, std::string_view json) {
    begin(name);
    out_ += json;
  }
  void payload(std::string_view name, const Payload& value) {
    if (!value.is_null()) raw(name, value.text());
  }
  void optional_payload(std::string_view name, const std::optional<Payload>& value) {
    if (value) raw(name, value->text());
  }
  void flag(std::string_view name, bool value) {
    if (value) raw(name, "true");
  }
  void number(std::string_view name, std::uint64_t value) { raw(name, fmt::format_int(value).c_str()); }
  void number_unless_zero(std::string_view name, std::uint64_t value) {
    if (value != 0) number(name, value);
  }
  void time(std::string_view name, Timestamp at) { text(name, format_rfc3339(at)); }
  void optional_time(std::string_view name, const std::optional<Timestamp>& at) {
    if (at) time(name, *at);
  }
  void request(const RequestPtr& request);
  void run(const RunTarget& target);
  void by(const RunBy& by);
  void listens(const std::vector<Listen>& listens);
  void execution(const std::optional<ExecutionId>& id) {
    if (id) text("execution", to_string(*id));
  }

  std::string finish() {
    out_ += '}';
    return std::move(out_);
  }

 private:
  void begin(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  std::string out_;
};

void Fields::request(const RequestPtr& request) {
  if (!request) return;
  Fields inner(request->body.size());
  inner.text_unless_empty("adapter", request->adapter);
  inner.text_unless_empty("operation", request->operation);
  if (!request->is_to_engine()) {
    inner.text("method", request->method);
    inner.text("target", request->target);
  }
  if (!request->headers.empty()) {
    std::string list = "[";
    for (const auto& [name, value] : request->headers) {
      if (list.size() > 1) list += ',';
      list += '[';
      append_json_string(list, name);
      list += ',';
      append_json_string(list, value);
      list += ']';
    }
    inner.raw("headers", list + "]");
  }
  if (!request->body.empty()) inner.raw("body", request->body);
  if (request->output != definition::AnswerForm::kContent) inner.text("output", to_string(request->output));
  inner.flag("redirect", request->redirect);
  if (request->timeout) inner.text("timeout", format_duration(*request->timeout));
  if (request->run) inner.run(*request->run);
  if (request->undoes) inner.text("undoes", to_string(*request->undoes));
  raw("request", inner.finish());
}

void Fields::run(const RunTarget& target) {
  Fields inner;
  inner.text("namespace", target.namespace_name);
  inner.text("name", target.workflow);
  inner.text_unless_empty("version", target.version);
  inner.flag("detached", !target.awaited);
  inner.flag("pivot", target.pivot);
  if (target.timeout) inner.text("timeout", format_duration(*target.timeout));
  raw("run", inner.finish());
}

void Fields::by(const RunBy& by) {
  text("execution", to_string(by.execution));
  text("step", by.step);
  number("attempt", by.attempt);
}

void Fields::listens(const std::vector<Listen>& listens) {
  if (listens.empty()) return;
  std::string list = "[";
  append_joined(list, listens, [](std::string& out, const Listen& listen) {
    out += "[\"" + listen.shape + "\",";
    append_json_string(out, listen.key);
    out += ']';
  });
  raw("listens", list + "]");
}

void write(Fields& f, const ExecutionStarted& e) {
  f.text("namespace", e.namespace_name);
  f.text("name", e.name);
  f.text("version", e.version);
  f.text("digest", e.digest);
  f.payload("input", e.input);
  f.optional_payload("data", e.data);
  if (!e.labels.empty()) {
    Fields labels;
    for (const auto& [key, value] : e.labels) labels.text(key, value);
    f.raw("labels", labels.finish());
  }
  f.optional_time("deadline", e.deadline);
  if (e.replay_of) {
    Fields replay;
    replay.text("execution", to_string(e.replay_of->execution));
    replay.text("from", e.replay_of->from);
    f.raw("replayOf", replay.finish());
  }
  if (e.parent) {
    Fields parent;
    parent.by(e.parent->by);
    parent.number("depth", e.parent->depth);
    parent.flag("detached", !e.parent->awaited);
    f.raw("parent", parent.finish());
  }
  f.number_unless_zero("depth", e.depth);
  f.text_unless_empty("callbackUrl", e.callback_url);
  f.text_unless_empty("callbackSecret", e.callback_secret);
  f.optional_text("status", e.status);
}

void write(Fields& f, const StepStarted& e) {
  f.number_unless_zero("round", e.round);
  f.request(e.request);
  f.optional_payload("input", e.input);
  f.optional_time("deadline", e.deadline);
  f.optional_time("waitUntil", e.wait_until);
  f.listens(e.listens);
  f.optional_payload("items", e.items);
  f.flag("apart", e.apart);
  if (e.attempt_limit) f.text("attemptLimit", format_duration(*e.attempt_limit));
  f.execution(e.execution);
  f.optional_text("status", e.status);
}

void write(Fields& f, const AttemptStarted& e) {
  f.execution(e.execution);
}

void write(Fields& f, const AttemptFailed& e) {
  f.text("outcome", to_string(e.outcome));
  f.flag("retryable", e.retryable);
  f.payload("error", e.error);
}

void write(Fields&, const AttemptLost&) {}

void write(Fields& f, const RetryScheduled& e) {
  f.time("at", e.at);
}

void write(Fields& f, const StepCompleted& e) {
  f.number_unless_zero("round", e.round);
  f.payload("output", e.output);
  f.flag("pivot", e.pivot);
  f.optional_payload("context", e.context);
  f.text_unless_empty("then", e.then);
  const bool is_output = e.emitted && *e.emitted == e.output;
  f.flag("emitted", is_output);
  if (!is_output) f.optional_payload("emitted", e.emitted);
  f.optional_text("status", e.status);
}

void write(Fields& f, const StepFailed& e) {
  f.number_unless_zero("round", e.round);
  f.payload("error", e.error);
  f.flag("unknown", e.unknown);
  f.flag("continued", e.continued);
  f.text_unless_empty("then", e.then);
  f.optional_text("status", e.status);
}

void write(Fields& f, const StepSkipped& e) {
  f.number_unless_zero("round", e.round);
}

void write(Fields& f, const StepReused& e) {
  f.number_unless_zero("round", e.round);
  f.text("origin", to_string(e.origin));
  f.request(e.request);
  f.payload("input", e.input);
  f.payload("output", e.output);
  f.flag("pivot", e.pivot);
  f.optional_payload("context", e.context);
  f.text_unless_empty("then", e.then);
  f.execution(e.execution);
  f.optional_text("status", e.status);
}

void write(Fields& f, const CancelRequested& e) {
  f.text_unless_empty("reason", e.reason);
}
void write(Fields&, const TimeoutReached&) {}

void write(Fields& f, const CompensationStarted& e) {
  f.text("reason", to_string(e.reason));
  f.text_unless_empty("failedStep", e.failed_step);
  f.payload("error", e.error);
  f.optional_time("deadline", e.deadline);
  f.optional_text("status", e.status);
}

void write(Fields&, const SettleStarted&) {}

void write(Fields& f, const SettleEnded& e) {
  f.raw("done", e.done ? "true" : "false");
  f.payload("output", e.output);
}

void write(Fields& f, const UndoStarted& e) {
  f.request(e.request);
  f.execution(e.execution);
  f.optional_text("status", e.status);
}

void write(Fields& f, const UndoCompleted& e) {
  f.optional_text("status", e.status);
}
void write(Fields& f, const UndoFailed& e) {
  f.payload("error", e.error);
}

void write(Fields& f, const IncidentRaised& e) {
  f.number("number", e.number);
  f.text("incident", to_string(e.kind));
  f.number_unless_zero("round", e.round);
  f.payload("error", e.error);
}

void write(Fields& f, const IncidentResolved& e) {
  f.number("number", e.number);
  f.text("resolution", to_string(e.resolution));
  f.text_unless_empty("reason", e.reason);
  f.payload("output", e.output);
}

void write(Fields& f, const ExecutionSuspended& e) {
  f.text_unless_empty("reason", e.reason);
}
void write(Fields& f, const ExecutionResumed& e) {
  f.text_unless_empty("reason", e.reason);
}

void write(Fields& f, const ExecutionEnded& e) {
  f.text("phase", to_string(e.phase));
  f.text("outcome", to_string(e.outcome));
  if (e.compensation != CompensationState::kNone) f.text("compensation", to_string(e.compensation));
  f.flag("stands", e.stands);
  f.payload("output", e.output);
  f.payload("error", e.error);
  f.text_unless_empty("reason", e.reason);
  f.optional_text("status", e.status);
}

void write(Fields& f, const ExecutionReplayed& e) {
  f.text("replay", to_string(e.replay));
  f.text("from", e.from);
  f.flag("reuses", e.reuses);
  f.text_unless_empty("reason", e.reason);
}

void write(Fields&, const TurnEnded&) {}

void write(Fields& f, const ErrorCaught& e) {
  f.number("round", e.round);
  f.payload("error", e.error);
}

void write(Fields& f, const ScopeUndoStarted& e) {
  f.text("reason", to_string(e.reason));
  f.text_unless_empty("failedStep", e.failed_step);
  f.payload("error", e.error);
  f.number_unless_zero("kept", e.kept);
}

void write(Fields& f, const EventReceived& e) {
  f.number_unless_zero("pattern", e.pattern);
  f.payload("event", e.event);
}

void write(Fields&, const ListeningEnded&) {}

void write(Fields& f, const IterationCompleted& e) {
  f.number("round", e.round);
  f.optional_payload("output", e.output);
  f.optional_payload("context", e.context);
}

void write(Fields& f, const AttemptCompleted& e) {
  f.payload("answer", e.answer);
  f.flag("pivot", e.pivot);
}

void write(Fields&, const RunCancelRequested&) {}

void write(Fields& f, const UndoRequested& e) {
  Fields by;
  by.by(e.by);
  f.raw("by", by.finish());
  f.text("verdict", to_string(e.verdict));
  f.text_unless_empty("objection", e.objection);
}

template <class T>
std::string step_of(const T& event) {
  if constexpr (requires { event.step; }) return event.step;
  return {};
}

// UndoStarted and StepStarted carry attempt 1 where they have a request.
template <class T>
std::uint32_t attempt_of(const T& event) {
  if constexpr (requires { event.attempt; }) return event.attempt;
  if constexpr (std::is_same_v<T, StepStarted> || std::is_same_v<T, UndoStarted>) return event.request ? 1 : 0;
  return 0;
}

}  // namespace

// Who does not know of parents would end an execution without a word to its own; who does not know of the limit of an
// attempt would never end one, and take its end for that of the step.
std::uint16_t version_of(const EventData& event) {
  const auto* execution = std::get_if<ExecutionStarted>(&event);
  const auto* step = std::get_if<StepStarted>(&event);
  const auto* reached = std::get_if<TimeoutReached>(&event);
  const bool is_newer =
      (execution && execution->parent) || (step && step->attempt_limit) || (reached && reached->attempt != 0);
  return is_newer ? 2 : 1;
}

EncodedEvent encode(const EventData& event) {
  EncodedEvent encoded;
  encoded.kind = kind_of(event);
  encoded.version = version_of(event);
  std::visit(
      [&](const auto& e) {
        encoded.step = step_of(e);
        encoded.attempt = attempt_of(e);
        Fields fields;
        write(fields, e);
        encoded.data = fields.finish();
      },
      event);
  return encoded;
}

}  // namespace skald::saga
