#include "engine/definition/steps/function_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/base/limits.hpp"
#include "engine/definition/read_policies.hpp"
#include "engine/definition/read_step.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

constexpr std::array<std::string_view, 6> kProtocols = {"http", "openapi", "grpc", "asyncapi", "a2a", "mcp"};
constexpr std::array<std::string_view, 8> kOfTheCaller = {"if",    "export",  "then",      "compensate",
                                                          "pivot", "onError", "onUnknown", "status"};

constexpr std::size_t kBodiesBytesMax = 4 * limits::kDefinitionBytesMax;

struct Size {
  std::size_t nodes = 1;
  std::size_t bytes = 0;
};

Size size_of(const Node& node) {
  Size size{.bytes = node.text.size()};
  for (const auto& key : node.keys) size.bytes += key.size();
  for (const Node& item : node.items) {
    const Size inner = size_of(item);
    size.nodes += inner.nodes;
    size.bytes += inner.bytes;
  }
  return size;
}

bool exceeds_budget(const LoadContext& context) {
  return context.function_nodes > limits::kDefinitionNodesMax || context.function_bytes > kBodiesBytesMax;
}

// A step has its own copy of what it calls. False beyond the budget, which is reported once.
bool charge_body(LoadContext& context, const Node& call, const Node& body) {
  if (exceeds_budget(context)) return false;
  const Size size = size_of(body);
  context.function_nodes += size.nodes;
  context.function_bytes += size.bytes;
  if (!exceeds_budget(context)) return true;
  context.report.error("too-large", call,
                       fmt::format("is '{}': the functions that are called have more than {} nodes or {} KiB, each "
                                   "counted as often as it is called; make them smaller, or call an adapter",
                                   call.text, limits::kDefinitionNodesMax, kBodiesBytesMax / 1024));
  return false;
}

bool check_function_name(LoadContext& context, const Node& functions, std::size_t index) {
  const std::string& name = functions.keys[index];
  const bool is_taken = std::find(kProtocols.begin(), kProtocols.end(), name) != kProtocols.end();
  if (is_name(name) && !is_taken) return true;
  context.report.error_at("bad-name", functions.items[index], functions.key_marks[index],
                          is_taken ? fmt::format("the function's name '{}' is a call of the language already", name)
                                   : fmt::format("function name '{}' must match [A-Za-z][A-Za-z0-9_-]{{0,63}}", name));
  return false;
}

// A function is a call: it has its input, its output and how it is tried; the flow belongs to the step.
std::optional<Step::Kind> read_function(LoadContext& context, const Node& body, const Scope& scope, Step& step,
                                        FunctionFlow& flow) {
  MapReader map(context, body, MapKind::kStep);
  for (const std::string_view key : kOfTheCaller) {
    if (const Node* node = map.take(key)) {
      context.report.error("misplaced-key", *node, "has no meaning in a function; it stands on the step that calls it");
    }
  }
  bool later = false;
  for (const StepKind& kind : step_kinds()) later = (kind.key != "call" && map.refuse_for_now(kind.key)) || later;
  if (body.find("export") == nullptr) flow.data = read_data_flow(context, map, scope, false);
  if (const Node* node = map.take("timeout")) {
    const auto timeout = read_timeout(context, *node);
    if (!step.timeout) step.timeout = timeout;
  }
  if (const Node* node = map.take("retry")) {
    auto retry = read_retry(context, *node, scope);
    flow.retries = !step.retry;
    if (flow.retries) step.retry = std::move(retry);
  }
  if (const Node* node = map.take("metadata")) MapReader(context, *node);
  const Node* target = later ? map.take("call") : map.require("call");
  std::optional<Step::Kind> kind;
  if (target != nullptr && names_function(context, *target)) {
    map.take("with");
    context.report.error("bad-call", *target,
                         fmt::format("calls '{}': a function calls no other function", target->text));
  } else if (target != nullptr) {
    kind = read_call(context, map, *target, scope);
  }
  map.finish();
  return kind;
}

}  // namespace

void read_functions(LoadContext& context, const Node* node) {
  if (node == nullptr) return;
  if (!node->is_map()) {
    return context.report.error("wrong-type", *node, fmt::format("must be a map (got {})", show(*node)));
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    if (check_function_name(context, *node, i)) context.functions.emplace(node->keys[i], &node->items[i]);
  }
}

void check_uncalled_functions(LoadContext& context) {
  for (const auto& [name, body] : context.functions) {
    if (context.called_functions.contains(name)) continue;
    Step nobody;
    FunctionFlow flow;
    read_function(context, *body, {}, nobody, flow);
  }
}

bool names_function(const LoadContext& context, const Node& call) {
  return call.is_string() && context.functions.contains(call.text);
}

std::optional<Step::Kind> read_function_call(LoadContext& context, MapReader& caller, const Node& call,
                                             const Scope& scope, Step& step) {
  auto flow = std::make_shared<FunctionFlow>();
  if (const Node* with = caller.take("with")) {
    if (check_map_or_expression(context, *with)) {
      flow->arguments = read_template(context, *with, scope, Slot::kArguments);
    }
  }
  context.called_functions.insert(call.text);
  const Node& body = *context.functions.at(call.text);
  if (!charge_body(context, call, body)) return std::nullopt;
  auto kind = read_function(context, body, scope, step, *flow);
  step.function = std::move(flow);
  return kind;
}

}  // namespace skald::definition
