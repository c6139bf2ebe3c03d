#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/saga/event_codec.hpp"
#include "engine/saga/event_kinds.hpp"
#include "engine/saga/event_reader.hpp"

namespace skald::saga {
namespace {

// An event wraps payloads of full depth a few levels deeper.
constexpr std::size_t kEventDepthMax = kJsonDepthMax + 8;

void read(EventReader& r, ExecutionStarted& e) {
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
    EventReader inner(*replay);
    e.replay_of = ReplaySource{.execution = inner.id("execution"), .from = inner.text("from")};
    if (!inner.bad_field().empty()) r.bad<int>("replayOf");
  }
  if (const Json* parent = r.find("parent")) {
    EventReader inner(*parent);
    e.parent = Parent{.by = inner.by(), .depth = inner.number("depth"), .awaited = !inner.flag("detached")};
    if (!inner.bad_field().empty()) r.bad<int>("parent");
  }
  e.depth = r.optional_number("depth");
  e.callback_url = r.text("callbackUrl");
  e.callback_secret = r.text("callbackSecret");
  e.status = r.optional_text("status");
}

void read(EventReader& r, StepStarted& e) {
  e.round = r.optional_number("round");
  e.request = r.request();
  e.input = r.optional_payload("input");
  e.deadline = r.optional_time("deadline");
  e.wait_until = r.optional_time("waitUntil");
  e.listens = r.listens();
  e.items = r.optional_payload("items");
  e.apart = r.flag("apart");
  e.attempt_limit = r.optional_duration("attemptLimit");
  e.execution = r.optional_id("execution");
  e.status = r.optional_text("status");
}

void read(EventReader& r, AttemptStarted& e) {
  e.execution = r.optional_id("execution");
}

void read(EventReader& r, AttemptFailed& e) {
  e.outcome = r.word("outcome", parse_attempt_class);
  e.retryable = r.flag("retryable");
  e.error = r.payload("error");
}

void read(EventReader&, AttemptLost&) {}
void read(EventReader& r, RetryScheduled& e) {
  e.at = r.time("at");
}

void read(EventReader& r, StepCompleted& e) {
  e.round = r.optional_number("round");
  e.output = r.payload("output");
  e.pivot = r.flag("pivot");
  e.context = r.optional_payload("context");
  e.then = r.text("then");
  const Json* emitted = r.find("emitted");
  e.emitted = emitted && emitted->is_boolean() ? std::optional(e.output) : r.optional_payload("emitted");
  e.status = r.optional_text("status");
}

void read(EventReader& r, StepFailed& e) {
  e.round = r.optional_number("round");
  e.error = r.payload("error");
  e.unknown = r.flag("unknown");
  e.continued = r.flag("continued");
  e.then = r.text("then");
  e.status = r.optional_text("status");
}

void read(EventReader& r, StepSkipped& e) {
  e.round = r.optional_number("round");
}

void read(EventReader& r, StepReused& e) {
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

void read(EventReader& r, CancelRequested& e) {
  e.reason = r.text("reason");
}
void read(EventReader&, TimeoutReached&) {}

void read(EventReader& r, CompensationStarted& e) {
  e.reason = r.word("reason", parse_compensation_reason);
  e.failed_step = r.text("failedStep");
  e.error = r.payload("error");
  e.deadline = r.optional_time("deadline");
  e.status = r.optional_text("status");
}

void read(EventReader&, SettleStarted&) {}

void read(EventReader& r, SettleEnded& e) {
  e.done = r.flag("done");
  e.output = r.payload("output");
}

void read(EventReader& r, UndoStarted& e) {
  e.request = r.request();
  e.execution = r.optional_id("execution");
  e.status = r.optional_text("status");
}

void read(EventReader& r, UndoCompleted& e) {
  e.status = r.optional_text("status");
}
void read(EventReader& r, UndoFailed& e) {
  e.error = r.payload("error");
}

void read(EventReader& r, IncidentRaised& e) {
  e.number = r.number("number");
  e.kind = r.word("incident", parse_incident_kind);
  e.round = r.optional_number("round");
  e.error = r.payload("error");
}

void read(EventReader& r, IncidentResolved& e) {
  e.number = r.number("number");
  e.resolution = r.word("resolution", parse_incident_resolution);
  e.reason = r.text("reason");
  e.output = r.payload("output");
}

void read(EventReader& r, ExecutionSuspended& e) {
  e.reason = r.text("reason");
}
void read(EventReader& r, ExecutionResumed& e) {
  e.reason = r.text("reason");
}

void read(EventReader& r, ExecutionEnded& e) {
  e.phase = r.word("phase", parse_phase);
  e.outcome = r.word("outcome", parse_outcome);
  if (r.find("compensation")) e.compensation = r.word("compensation", parse_compensation_state);
  e.stands = r.flag("stands");
  e.output = r.payload("output");
  e.error = r.payload("error");
  e.reason = r.text("reason");
  e.status = r.optional_text("status");
}

void read(EventReader& r, ExecutionReplayed& e) {
  e.replay = r.id("replay");
  e.from = r.text("from");
  e.reuses = r.flag("reuses");
  e.reason = r.text("reason");
}

void read(EventReader&, TurnEnded&) {}

void read(EventReader& r, EventReceived& e) {
  e.pattern = r.optional_number("pattern");
  e.event = r.payload("event");
}

void read(EventReader&, ListeningEnded&) {}

void read(EventReader& r, IterationCompleted& e) {
  e.round = r.number("round");
  e.output = r.optional_payload("output");
  e.context = r.optional_payload("context");
}

void read(EventReader& r, AttemptCompleted& e) {
  e.answer = r.payload("answer");
  e.pivot = r.flag("pivot");
}

void read(EventReader&, RunCancelRequested&) {}

void read(EventReader& r, UndoRequested& e) {
  if (const Json* by = r.find("by")) {
    EventReader inner(*by);
    e.by = inner.by();
    if (!inner.bad_field().empty()) r.bad<int>("by");
  }
  e.verdict = r.word("verdict", parse_undo_verdict);
  e.objection = r.text("objection");
}

void read(EventReader& r, ErrorCaught& e) {
  e.round = r.number("round");
  e.error = r.payload("error");
}

void read(EventReader& r, ScopeUndoStarted& e) {
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
  // 2: with a parent, with the limit of an attempt, of an attempt.
  const bool has_two = kind == "ExecutionStarted" || kind == "StepStarted" || kind == "TimeoutReached";
  const std::uint16_t newest = has_two ? 2 : 1;
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
  EventReader reader(*object);
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
