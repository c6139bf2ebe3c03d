#include "engine/definition/steps/openapi_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/definition/map_reader.hpp"
#include "engine/definition/openapi/api_document.hpp"
#include "engine/definition/openapi/excerpt.hpp"
#include "engine/definition/read_authentication.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/endpoint.hpp"
#include "engine/definition/steps/http_call.hpp"

namespace skald::definition {
namespace {

using In = CallParameter::In;

// Null: reported, here or where the document was named before.
std::shared_ptr<ApiDocument> read_api(LoadContext& context, const Node& node) {
  const auto document = read_external_document(context, node);
  if (!document) return nullptr;
  const auto [known, is_new] = context.apis.try_emplace(document->uri);
  if (!is_new) return known->second;
  auto api = ApiDocument::open(document);
  if (api) return known->second = std::make_shared<ApiDocument>(std::move(*api));
  context.report.error("unreadable-document", node, fmt::format("is '{}', which {}", document->uri, api.error()));
  return nullptr;
}

// Null: reported.
const ApiOperation* read_operation(LoadContext& context, ApiDocument& api, const Node& id) {
  const auto text = read_text(context, id);
  if (!text) return nullptr;
  if (is_wrapped(id)) {
    context.report.error("wrong-type", id, "must be literal: the operation is looked up when the definition is loaded");
    return nullptr;
  }
  if (!api.has(*text)) {
    context.report.error("unknown-operation", id,
                         fmt::format("names the operation '{}', which the document does not have{}", *text,
                                     context.report.hint(*text, api.operation_ids())));
    return nullptr;
  }
  const auto& operation = api.read(*text);
  if (operation) return &*operation;
  context.report.error("bad-operation", id,
                       fmt::format("is '{}', which cannot be called: {}", *text, operation.error()));
  return nullptr;
}

// Text, name, text, ..., text; every place of an operation's address is well formed.
std::vector<std::string> cut_at_places(std::string_view address) {
  std::vector<std::string> parts = {""};
  for (const char c : address) {
    if (c == '{' || c == '}') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool is_scalar(const Node& node) {
  return !node.is_map() && !node.is_sequence();
}

void check_value(LoadContext& context, const Node& value, const CallParameter& place) {
  if (place.in == In::kBody || is_scalar(value)) return;
  if (value.is_sequence() && std::ranges::all_of(value.items, is_scalar)) return;
  context.report.error("wrong-type", value, fmt::format("must be a scalar or a list of scalars (got {})", show(value)));
}

// One that is given by its name, and must have a place in the request.
void check_given(LoadContext& context, const Node& given, std::size_t index, const ApiOperation& operation) {
  const std::string& name = given.keys[index];
  std::vector<std::string> known;
  for (const ApiParameter& parameter : operation.parameters) {
    if (parameter.place.name != name) {
      known.push_back(parameter.place.name);
      continue;
    }
    if (!parameter.refusal.empty()) {
      context.report.error_at("bad-operation", given.items[index], given.key_marks[index],
                              fmt::format("the parameter '{}' {}", name, parameter.refusal));
    }
    if (parameter.refusal.empty()) check_value(context, given.items[index], parameter.place);
    return;
  }
  context.report.error_at("unknown-key", given.items[index], given.key_marks[index],
                          fmt::format("unknown key '{}' in with.parameters: the operation has no such parameter{}",
                                      name, context.report.hint(name, known)));
}

void check_required(LoadContext& context, const Node& place, const Node* given, const ApiOperation& operation) {
  for (const auto& [parameter, refusal] : operation.parameters) {
    if (!parameter.required) continue;
    const bool is_there = given != nullptr && given->find(parameter.name) != nullptr;
    const bool is_dynamic = given != nullptr && !given->is_map();
    if (!is_there && !refusal.empty()) {
      context.report.error("bad-operation", place,
                           fmt::format("names an operation whose required parameter '{}' {}", parameter.name, refusal));
    } else if (!is_there && !is_dynamic) {
      const std::vector<std::string> names = given != nullptr ? given->keys : std::vector<std::string>();
      const Node& where = given != nullptr ? *given : place;
      context.report.error_at("missing-argument", where, where.mark,
                              fmt::format("with.parameters needs the key '{}': the operation '{}' requires it{}",
                                          parameter.name, place.text, context.report.hint(parameter.name, names)));
    }
  }
}

// A step says once who it is.
void check_no_authorization(LoadContext& context, const Node& given) {
  for (std::size_t i = 0; i < given.keys.size(); ++i) {
    if (!std::ranges::equal(given.keys[i], std::string_view("authorization"),
                            [](unsigned char a, unsigned char b) { return std::tolower(a) == b; })) {
      continue;
    }
    context.report.error_at(
        "bad-header", given.items[i], given.key_marks[i],
        fmt::format("the header '{}' is written by the engine: the call has an authentication", given.keys[i]));
  }
}

void check_arguments(LoadContext& context, const Node& id, const Node* given, const ApiOperation& operation,
                     HttpCall& call) {
  if (given != nullptr && given->is_map()) {
    for (std::size_t i = 0; i < given->keys.size(); ++i) check_given(context, *given, i, operation);
    if (call.authentication) check_no_authorization(context, *given);
  }
  check_required(context, id, given, operation);
  for (const auto& [parameter, refusal] : operation.parameters) {
    if (refusal.empty()) call.parameters->declared.push_back(parameter);
  }
}

void take_operation(LoadContext& context, const Node& id, const ApiOperation& operation, HttpCall& call) {
  call.method = operation.method;
  call.endpoint = cut_at_places(operation.address);
  if (const auto problem = find_problem(context.options, operation.address)) {
    context.report.error(
        "bad-operation", id,
        fmt::format("is '{}', whose address '{}' {}", id.text, excerpt(operation.address), problem->message));
  }
  if (operation.media_type.empty() || operation.media_type == "application/json") return;
  call.headers = *expression::ValueTemplate::compile(Json{{"Content-Type", operation.media_type}});
}

}  // namespace

std::optional<HttpCall> read_openapi_call(LoadContext& context, const Node& call, const Node* with,
                                          const Scope& scope) {
  if (with == nullptr) {
    context.report.error("missing-key", call, "'openapi' needs the key 'with' beside it: {document, operationId}");
    return std::nullopt;
  }
  HttpCall result;
  MapReader map(context, *with, MapKind::kOpenapi);
  const Node* document = map.require("document");
  const Node* id = map.require("operationId");
  const Node* given = map.take("parameters");
  if (const Node* node = map.take("authentication")) result.authentication = read_authentication(context, *node, scope);
  read_answer_keys(context, map, result);
  map.finish();
  result.parameters = CallParameters{*expression::ValueTemplate::compile(Json::object()), {}};
  if (given != nullptr && check_map_or_expression(context, *given)) {
    if (auto values = read_template(context, *given, scope, Slot::kArguments))
      result.parameters->values = std::move(*values);
  }
  const auto api = document != nullptr ? read_api(context, *document) : nullptr;
  if (!api || id == nullptr) return std::nullopt;
  const ApiOperation* operation = read_operation(context, *api, *id);
  if (!operation) return std::nullopt;
  take_operation(context, *id, *operation, result);
  check_arguments(context, *id, given, *operation, result);
  return result;
}

}  // namespace skald::definition
