#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/base/duration.hpp"
#include "engine/saga/event_codec.hpp"
#include "engine/saga/event_kinds.hpp"

namespace skald::saga {
namespace {

// An event wraps payloads of full depth a few levels deeper.
constexpr std::size_t kEventDepthMax = kJsonDepthMax + 8;

// Reads the fields of one stored event. The first field that does not fit is remembered; the values read after it are
// of no use then.
class Reader {
 public:
  explicit Reader(const Json& object) : object_(object) {}

  const std::string& bad_field() const { return bad_field_; }

  std::string text(const char* name) {
    const Json* value = find(name);
    if (!value) return {};
    if (!value->is_string()) return bad<std::string>(name);
    return value->get<std::string>();
  }
  std::optional<std::string> optional_text(const char* name) {
    if (!find(name)) return std::nullopt;
    return text(name);
  }
  Payload payload(const char* name) {
    const Json* value = find(name);
    return value ? Payload::from_json(*value) : Payload();
  }
  std::optional<Payload> optional_payload(const char* name) {
    const Json* value = find(name);
    return value ? std::optional(Payload::from_json(*value)) : std::nullopt;
  }
  bool flag(const char* name) {
    const Json* value = find(name);
    if (!value) return false;
    if (!value->is_boolean()) return bad<bool>(name);
    return value->get<bool>();
  }
  std::uint32_t number(const char* name) {
    const Json* value = find(name);
    if (!value || !value->is_number_unsigned()) return bad<std::uint32_t>(name);
    return value->get<std::uint32_t>();
  }
  std::uint32_t optional_number(const char* name) { return find(name) ? number(name) : 0; }
  std::optional<Timestamp> optional_time(const char* name) {
    if (!find(name)) return std::nullopt;
    const auto at = parse_rfc3339(text(name));
    return at ? at : bad<std::optional<Timestamp>>(name);
  }
  Timestamp time(const char* name) {
    return optional_time(name).value_or(find(name) ? Timestamp{} : bad<Timestamp>(name));
  }
  ExecutionId id(const char* name) {
    const auto id = parse_execution_id(text(name));
    return id ? *id : bad<ExecutionId>(name);
  }
  template <class Parse>
  auto word(const char* name, Parse parse) {
    const auto value = parse(text(name));
    using Word = typename decltype(value)::value_type;
    return value ? *value : bad<Word>(name);
  }
  const Json* find(const char* name) const {
    const auto it = object_.find(name);
    return it == object_.end() ? nullptr : &*it;
  }
  RequestPtr request();
  std::optional<RunTarget> run();
  RunBy by();
  std::optional<ExecutionId> optional_id(const char* name) {
    return find(name) ? std::optional(id(name)) : std::nullopt;
  }
  std::vector<Listen> listens();
  template <class T>
  T bad(const char* name) {
    if (bad_field_.empty()) bad_field_ = name;
    return T{};
  }

 private:
  const Json& object_;
  std::string bad_field_;
};

RequestPtr Reader::request() {
  const Json* value = find("request");
  if (!value) return nullptr;
  if (!value->is_object()) return bad<RequestPtr>("request");
  Reader inner(*value);
  auto request = std::make_shared<Request>();
  request->adapter = inner.text("adapter");
  request->operation = inner.text("operation");
  request->method = inner.text("method");
  request->target = inner.text("target");
  request->run = inner.run();
  request->undoes = inner.optional_id("undoes");
  if (const Json* headers = inner.find("headers")) {
    for (const auto& pair : *headers) {
      if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
        return bad<RequestPtr>("request.headers");
      }
      request->headers.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
    }
  }
  if (const Json* body = inner.find("body")) request->body = dump_json(*body);
  if (inner.find("output")) request->output = inner.word("output", definition::parse_answer_form);
  request->redirect = inner.flag("redirect");
  if (!inner.bad_field().empty()) return bad<RequestPtr>("request");
  return request;
}

std::optional<RunTarget> Reader::run() {
  const Json* value = find("run");
  if (!value) return std::nullopt;
  if (!value->is_object()) return bad<std::optional<RunTarget>>("run");
  Reader inner(*value);
  RunTarget target{.namespace_name = inner.text("namespace"),
                   .workflow = inner.text("name"),
                   .version = inner.text("version"),
                   .awaited = !inner.flag("detached"),
                   .timeout = std::nullopt,
                   .pivot = inner.flag("pivot")};
  if (inner.find("timeout")) target.timeout = parse_duration(inner.text("timeout"));
  if (!inner.bad_field().empty()) return bad<std::optional<RunTarget>>("run");
  return target;
}

RunBy Reader::by() {
  return {.execution = id("execution"), .step = text("step"), .attempt = number("attempt")};
}

std::vector<Listen> Reader::listens() {
  std::vector<Listen> listens;
  const Json* value = find("listens");
  if (!value) return listens;
  for (const auto& pair : *value) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      return bad<std::vector<Listen>>("listens");
    }
    listens.push_back({pair[0].get<std::string>(), pair[1].get<std::string>()});
  }
  return listens;
}

void read(Reader& r, ExecutionStarted& e) {
  e.namespace_name = r.text("namespace");
  e.name = r.text("name");
  e.version = r.text("version");
  e.digest = r.text("digest");
  e.input = r.payload("input");
  e.data = r.optional_payload("data");
  if (const Json* labels = r.find("labels")) {
    for (const auto& [key, value] : labels->items()) {
      e.labels[key] = value.is_string() ? value.get<std::string>() : r.bad<std::string>("labels");
    }
  }
  e.deadline = r.optional_time("deadline");
  if (const Json* replay = r.find("replayOf")) {
    Reader inner(*replay);
    e.replay_of = ReplaySource{.execution = inner.id("execution"), .from = inner.text("from")};
    if (!inner.bad_field().empty()) r.bad<int>("replayOf");
  }
  if (const Json* parent = r.find("parent")) {
    Reader inner(*parent);
    e.parent = Parent{.by = inner.by(), .depth = inner.number("depth"), .awaited = !inner.flag("detached")};
    if (!inner.bad_field().empty()) r.bad<int>("parent");
  }
  e.callback_url = r.text("callbackUrl");
  e.callback_secret = r.text("callbackSecret");
  e.status = r.optional_text("status");
}

void read(Reader& r, StepStarted& e) {
  e.round = r.optional_number("round");
  e.request = r.request();
  e.input = r.optional_payload("input");
  e.deadline = r.optional_time("deadline");
  e.wait_until = r.optional_time("waitUntil");
  e.listens = r.listens();
  e.items = r.optional_payload("items");
  e.apart = r.flag("apart");
  e.execution = r.optional_id("execution");
  e.status = r.optional_text("status");
}

void read(Reader& r, AttemptStarted& e) {
  e.execution = r.optional_id("execution");
}

void read(Reader& r, AttemptFailed& e) {
  e.outcome = r.word("outcome", parse_attempt_class);
  e.retryable = r.flag("retryable");
  e.error = r.payload("error");
}

void read(Reader&, AttemptLost&) {}
void read(Reader& r, RetryScheduled& e) {
  e.at = r.time("at");
}

void read(Reader& r, StepCompleted& e) {
  e.round = r.optional_number("round");
  e.output = r.payload("output");
  e.pivot = r.flag("pivot");
  e.context = r.optional_payload("context");
  e.then = r.text("then");
  const Json* emitted = r.find("emitted");
  e.emitted = emitted && emitted->is_boolean() ? std::optional(e.output) : r.optional_payload("emitted");
  e.status = r.optional_text("status");
}

void read(Reader& r, StepFailed& e) {
  e.round = r.optional_number("round");
  e.error = r.payload("error");
  e.unknown = r.flag("unknown");
  e.continued = r.flag("continued");
  e.then = r.text("then");
  e.status = r.optional_text("status");
}

void read(Reader& r, StepSkipped& e) {
  e.round = r.optional_number("round");
}

void read(Reader& r, StepReused& e) {
  e.round = r.optional_number("round");
  e.origin = r.id("origin");
  e.request = r.request();
  e.input = r.payload("input");
  e.output = r.payload("output");
  e.pivot = r.flag("pivot");
  e.context = r.optional_payload("context");
  e.then = r.text("then");
  e.execution = r.optional_id("execution");
  e.status = r.optional_text("status");
}

void read(Reader& r, CancelRequested& e) {
  e.reason = r.text("reason");
}
void read(Reader&, TimeoutReached&) {}

void read(Reader& r, CompensationStarted& e) {
  e.reason = r.word("reason", parse_compensation_reason);
  e.failed_step = r.text("failedStep");
  e.error = r.payload("error");
  e.deadline = r.optional_time("deadline");
  e.status = r.optional_text("status");
}

void read(Reader&, SettleStarted&) {}

void read(Reader& r, SettleEnded& e) {
  e.done = r.flag("done");
  e.output = r.payload("output");
}

void read(Reader& r, UndoStarted& e) {
  e.request = r.request();
  e.execution = r.optional_id("execution");
  e.status = r.optional_text("status");
}

void read(Reader& r, UndoCompleted& e) {
  e.status = r.optional_text("status");
}
void read(Reader& r, UndoFailed& e) {
  e.error = r.payload("error");
}

void read(Reader& r, IncidentRaised& e) {
  e.number = r.number("number");
  e.kind = r.word("incident", parse_incident_kind);
  e.round = r.optional_number("round");
  e.error = r.payload("error");
}

void read(Reader& r, IncidentResolved& e) {
  e.number = r.number("number");
  e.resolution = r.word("resolution", parse_incident_resolution);
  e.reason = r.text("reason");
  e.output = r.payload("output");
}

void read(Reader& r, ExecutionSuspended& e) {
  e.reason = r.text("reason");
}
void read(Reader& r, ExecutionResumed& e) {
  e.reason = r.text("reason");
}

void read(Reader& r, ExecutionEnded& e) {
  e.phase = r.word("phase", parse_phase);
  e.outcome = r.word("outcome", parse_outcome);
  if (r.find("compensation")) e.compensation = r.word("compensation", parse_compensation_state);
  e.stands = r.flag("stands");
  e.output = r.payload("output");
  e.error = r.payload("error");
  e.reason = r.text("reason");
  e.status = r.optional_text("status");
}

void read(Reader& r, ExecutionReplayed& e) {
  e.replay = r.id("replay");
  e.from = r.text("from");
  e.reuses = r.flag("reuses");
  e.reason = r.text("reason");
}

void read(Reader&, TurnEnded&) {}

void read(Reader& r, EventReceived& e) {
  e.pattern = r.optional_number("pattern");
  e.event = r.payload("event");
}

void read(Reader&, RunCancelRequested&) {}

void read(Reader& r, UndoRequested& e) {
  if (const Json* by = r.find("by")) {
    Reader inner(*by);
    e.by = inner.by();
    if (!inner.bad_field().empty()) r.bad<int>("by");
  }
  e.verdict = r.word("verdict", parse_undo_verdict);
  e.objection = r.text("objection");
}

void read(Reader& r, ErrorCaught& e) {
  e.round = r.number("round");
  e.error = r.payload("error");
}

void read(Reader& r, ScopeUndoStarted& e) {
  e.reason = r.word("reason", parse_compensation_reason);
  e.failed_step = r.text("failedStep");
  e.error = r.payload("error");
  e.kept = r.optional_number("kept");
}

template <std::size_t I = 0>
EventData make_event(std::size_t index) {
  if constexpr (I + 1 < std::variant_size_v<EventData>) {
    if (index != I) return make_event<I + 1>(index);
  }
  return EventData(std::in_place_index<I>);
}

std::optional<std::size_t> index_of(std::string_view kind) {
  for (std::size_t i = 0; i < kEventKinds.size(); ++i) {
    if (kEventKinds[i] == kind) return i;
  }
  return std::nullopt;
}

}  // namespace

Result<EventData> decode(std::string_view kind, std::uint16_t version, std::string step, std::uint32_t attempt,
                         std::string_view data) {
  const auto index = index_of(kind);
  const std::uint16_t newest = kind == "ExecutionStarted" ? 2 : 1;  // 2: with a parent
  if (!index || version == 0 || version > newest) {
    return failure("history.unknown_kind",
                   fmt::format("this version of Skald does not know events '{}' version {}", kind, version), {},
                   "run the version that wrote them, or a newer one");
  }
  const auto object = parse_json(data, kEventDepthMax);
  if (!object || !object->is_object()) {
    return failure("history.unreadable", fmt::format("the data of a stored {} is not a JSON object", kind));
  }
  EventData event = make_event(*index);
  Reader reader(*object);
  std::visit(
      [&](auto& e) {
        if constexpr (requires { e.step; }) e.step = std::move(step);
        if constexpr (requires { e.attempt; }) e.attempt = attempt;
        read(reader, e);
      },
      event);
  if (!reader.bad_field().empty()) {
    return failure("history.unreadable",
                   fmt::format("the field '{}' of a stored {} is missing or malformed", reader.bad_field(), kind));
  }
  return event;
}

}  // namespace skald::saga
