#include "engine/definition/steps/call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/http_call.hpp"
#include "engine/definition/steps/kinds.hpp"
#include "engine/definition/steps/openapi_call.hpp"

namespace skald::definition {
namespace {

constexpr std::array<std::string_view, 4> kForeignProtocols = {"grpc", "asyncapi", "a2a", "mcp"};

// "payments.charge" cut at its only dot.
std::optional<std::pair<std::string, std::string>> cut_name(std::string_view text) {
  const auto is_word = [](std::string_view word) {
    return !word.empty() && std::isalpha(static_cast<unsigned char>(word[0])) != 0 &&
           std::all_of(word.begin(), word.end(),
                       [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
  };
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view adapter = text.substr(0, dot);
  const std::string_view operation = text.substr(dot + 1);
  if (!is_word(adapter) || !is_word(operation)) return std::nullopt;
  return std::pair(std::string(adapter), std::string(operation));
}

// `{x}` of the operation's path is taken out of `with`, so a literal `with` must have it.
void check_path_parameters(LoadContext& context, const Node& call, const Node* with, const Operation& operation) {
  if (with != nullptr && !with->is_map()) return;  // an expression: known only when it runs
  for (std::size_t at = operation.path.find('{'); at != std::string::npos; at = operation.path.find('{', at + 1)) {
    const std::size_t end = operation.path.find('}', at);
    if (end == std::string::npos) return;
    const std::string name = operation.path.substr(at + 1, end - at - 1);
    if (with != nullptr && with->find(name) != nullptr) continue;
    const Node& place = with != nullptr ? *with : call;
    const std::vector<std::string> given = with != nullptr ? with->keys : std::vector<std::string>();
    context.report.error_at("missing-argument", place, place.mark,
                            fmt::format("with needs the key '{}': the path of {} is '{}'{}", name, call.text,
                                        operation.path, context.report.hint(name, given)));
  }
}

void check_operation(LoadContext& context, const Node& call, const Node* with, const AdapterCall& target) {
  if (context.options.operations == nullptr) return;
  const auto& adapters = context.options.operations->adapters;
  const auto adapter = adapters.find(target.adapter);
  if (adapter == adapters.end()) {
    context.report.error("unknown-adapter", call,
                         fmt::format("names the adapter '{}', which is not configured{}", target.adapter,
                                     context.report.hint(target.adapter, keys_of(adapters))));
    return;
  }
  const auto operation = adapter->second.find(target.operation);
  if (operation == adapter->second.end()) {
    context.report.error("unknown-operation", call,
                         fmt::format("names the operation '{}', which adapter '{}' does not have{}", target.operation,
                                     target.adapter, context.report.hint(target.operation, keys_of(adapter->second))));
    return;
  }
  check_path_parameters(context, call, with, operation->second);
}

std::optional<Step::Kind> read_adapter_call(LoadContext& context, const Node& call, const Node* with,
                                            const Scope& scope) {
  const auto name = cut_name(call.text);
  if (!name) {
    std::vector<std::string> candidates = keys_of(context.functions);
    candidates.insert(candidates.end(), {"http", "openapi"});
    if (context.options.operations != nullptr) {
      for (const auto& [adapter, operations] : context.options.operations->adapters) {
        for (const auto& operation : operations) candidates.push_back(adapter + "." + operation.first);
      }
    }
    context.report.error(
        "bad-call", call,
        fmt::format("must be 'http', 'openapi', '<adapter>.<operation>' or a name in use.functions (got {}){}",
                    show(call), context.report.hint(call.text, candidates)));
    return std::nullopt;
  }
  AdapterCall target{name->first, name->second, *expression::ValueTemplate::compile(Json())};
  check_operation(context, call, with, target);
  if (with != nullptr) {
    if (!check_map_or_expression(context, *with)) return std::nullopt;
    auto compiled = read_template(context, *with, scope, Slot::kArguments);
    if (!compiled) return std::nullopt;
    target.with = std::move(*compiled);
  }
  return CallStep{std::move(target)};
}

}  // namespace

std::optional<Step::Kind> read_call(LoadContext& context, MapReader& step, const Node& value, const Scope& scope) {
  const Node* with = step.take("with");
  if (!read_text(context, value)) return std::nullopt;
  if (value.text == "http") {
    auto call = read_http_call(context, value, with, scope);
    if (!call) return std::nullopt;
    return CallStep{std::move(*call)};
  }
  if (value.text == "openapi") {
    auto call = read_openapi_call(context, value, with, scope);
    if (!call) return std::nullopt;
    return CallStep{std::move(*call)};
  }
  if (std::find(kForeignProtocols.begin(), kForeignProtocols.end(), value.text) != kForeignProtocols.end()) {
    context.report.error("not-supported", value,
                         fmt::format("is '{}', which is not supported: calls are HTTP, through adapters", value.text));
    return std::nullopt;
  }
  return read_adapter_call(context, value, with, scope);
}

}  // namespace skald::definition
