#include "api/views/workflow_view.hpp"

#include <span>

#include "api/problem.hpp"
#include "engine/base/duration.hpp"
#include "engine/base/json_object.hpp"
#include "engine/definition/digest.hpp"

namespace skald::api {
namespace {

using definition::Step;

void append_steps(std::string& out, const std::vector<Step>& steps);

// Empty: there is none.
std::string text_of(const std::optional<definition::Duration>& duration) {
  if (!duration) return {};
  if (const auto constant = definition::constant(duration)) return format_duration(*constant);
  return "${ " + std::get<expression::Expression>(*duration).source() + " }";
}

void append_kind(JsonObject& object, const definition::CallStep& call) {
  if (const auto* run = std::get_if<definition::WorkflowRun>(&call.target)) {
    object.text("kind", "run");
    object.text("namespace", run->namespace_name);
    object.text("workflow", run->workflow);
    object.text_or_null("version", run->version);
    return object.flag("await", run->awaited);
  }
  if (std::holds_alternative<definition::RunUndo>(call.target)) return object.text("kind", "undo");
  object.text("kind", "call");
  const auto* adapter = std::get_if<definition::AdapterCall>(&call.target);
  object.text("call", adapter ? adapter->adapter + "." + adapter->operation : "http");
}

void append_kind(JsonObject& object, const definition::DoStep& list) {
  object.text("kind", "do");
  append_steps(object.key("steps"), list.steps);
}

void append_kind(JsonObject& object, const definition::SetStep&) {
  object.text("kind", "set");
}

void append_kind(JsonObject& object, const definition::RaiseStep&) {
  object.text("kind", "raise");
}

void append_kind(JsonObject& object, const definition::WaitStep& wait) {
  object.text("kind", "wait");
  if (const auto* fixed = std::get_if<Millis>(&wait.duration)) object.text("wait", format_duration(*fixed));
}

void append_types(std::string& types, std::span<const definition::EventPattern> patterns) {
  types += '[';
  append_joined(types, patterns, [](std::string& text, const definition::EventPattern& pattern) {
    append_json_string(text, pattern.filter.type());
  });
  types += ']';
}

void append_kind(JsonObject& object, const definition::ListenStep& listen) {
  const std::span all(listen.patterns);
  object.text("kind", "listen");
  append_types(object.key("types"), all.first(listen.wanted));
  if (listen.has_events_in_until()) append_types(object.key("until"), all.subspan(listen.wanted));
  if (listen.each && !listen.each->steps.empty()) append_steps(object.key("steps"), listen.each->steps);
}

void append_kind(JsonObject& object, const definition::EmitStep& emit) {
  object.text("kind", "emit");
  if (!emit.type.empty()) object.text("type", emit.type);
}

void append_kind(JsonObject& object, const definition::ForStep& loop) {
  object.text("kind", "for");
  object.number("concurrency", loop.concurrency);
  append_steps(object.key("steps"), loop.steps);
}

void append_kind(JsonObject& object, const definition::TryStep& attempt) {
  object.text("kind", "try");
  append_steps(object.key("steps"), attempt.steps);
  if (!attempt.handler.empty()) append_steps(object.key("catch"), attempt.handler);
}

void append_kind(JsonObject& object, const definition::ForkStep& fork) {
  object.text("kind", "fork");
  if (fork.compete) object.flag("compete", true);
  append_steps(object.key("branches"), fork.branches);
}

void append_kind(JsonObject& object, const definition::SwitchStep& choice) {
  object.text("kind", "switch");
  std::string& cases = object.key("cases");
  cases += '[';
  for (const auto& one : choice.cases) {
    if (cases.back() != '[') cases += ',';
    JsonObject item(cases);
    item.text("name", one.name);
    item.text("then", one.then.empty() ? "continue" : one.then);
  }
  cases += ']';
}

void append_step(std::string& out, const Step& step) {
  JsonObject object(out);
  object.text("name", step.name);
  object.text("path", step.path);
  std::visit([&](const auto& kind) { append_kind(object, kind); }, step.kind);
  if (!step.then.empty()) object.text("then", step.then);
  if (step.pivot) object.flag("pivot", true);
  if (step.compensate) append_step(object.key("compensate"), *step.compensate);
}

void append_steps(std::string& out, const std::vector<Step>& steps) {
  out += '[';
  for (const auto& step : steps) {
    if (out.back() != '[') out += ',';
    append_step(out, step);
  }
  out += ']';
}

void append_item_fields(JsonObject& object, const runtime::RegisteredDefinition& registered) {
  const auto& definition = *registered.definition;
  object.text("namespace", definition.namespace_name);
  object.text("name", definition.name);
  object.text("version", definition.version);
  object.text("digest", definition.digest);
  object.number("revision", registered.revision);
  object.text_or_null("origin", registered.origin);
  object.time("registeredAt", registered.registered_at);
  object.text_or_null("title", definition.title);
  object.text_or_null("summary", definition.summary);
}

void append_documents(std::string& out, const definition::Documents& documents) {
  out += '[';
  append_joined(out, documents, [](std::string& text, const auto& document) {
    JsonObject object(text);
    object.text("uri", document.first);
    object.text("digest", definition::sha256_hex(document.second));
  });
  out += ']';
}

}  // namespace

void append_workflow_item(std::string& out, const runtime::RegisteredDefinition& registered) {
  JsonObject object(out);
  append_item_fields(object, registered);
}

std::string workflow_view(const runtime::RegisteredDefinition& registered,
                          const std::vector<definition::Diagnostic>& warnings) {
  std::string out;
  {
    JsonObject object(out);
    append_item_fields(object, registered);
    object.text_or_null("timeout", text_of(registered.definition->timeout));
    append_steps(object.key("steps"), registered.definition->steps);
    object.text("source", registered.definition->source);
    append_documents(object.key("documents"), registered.definition->documents);
    object.raw("warnings", diagnostics_json(warnings));
  }
  return out;
}

}  // namespace skald::api
