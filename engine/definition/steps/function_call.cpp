#include "engine/definition/steps/function_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/definition/body_budget.hpp"
#include "engine/definition/read_policies.hpp"
#include "engine/definition/read_step.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

constexpr std::array<std::string_view, 6> kProtocols = {"http", "openapi", "grpc", "asyncapi", "a2a", "mcp"};
constexpr std::array<std::string_view, 8> kOfTheCaller = {"if",    "export",  "then",      "compensate",
                                                          "pivot", "onError", "onUnknown", "status"};
constexpr std::array<std::string_view, 3> kOfACall = {"retry", "pivot", "onUnknown"};

bool check_function_name(LoadContext& context, const Node& functions, std::size_t index) {
  const std::string& name = functions.keys[index];
  const bool is_taken = std::find(kProtocols.begin(), kProtocols.end(), name) != kProtocols.end();
  if (is_name(name) && !is_taken) return true;
  context.report.error_at("bad-name", functions.items[index], functions.key_marks[index],
                          is_taken ? fmt::format("the function's name '{}' is a call of the language already", name)
                                   : fmt::format("function name '{}' must match [A-Za-z][A-Za-z0-9_-]{{0,63}}", name));
  return false;
}

void refuse_keys_of_the_caller(LoadContext& context, const Node& body) {
  for (const std::string_view key : kOfTheCaller) {
    if (const Node* node = body.find(key)) {
      context.report.error("misplaced-key", *node, "has no meaning in a function; it stands on the step that calls it");
    }
  }
}

// A function that is one call: it has its input, its output and how it is tried; the flow belongs to the step.
std::optional<Step::Kind> read_one_call(LoadContext& context, const Node& body, const Scope& scope, Step& step,
                                        FunctionFlow& flow) {
  MapReader map(context, body, MapKind::kStep);
  refuse_keys_of_the_caller(context, body);
  for (const std::string_view key : kOfTheCaller) map.take(key);
  if (body.find("export") == nullptr) flow.data = read_data_flow(context, map, scope, false);
  if (const Node* node = map.take("timeout")) {
    auto timeout = read_timeout(context, *node, scope, Slot::kArguments);
    flow.times = !step.timeout;
    if (flow.times) step.timeout = std::move(timeout);
  }
  if (const Node* node = map.take("retry")) {
    auto retry = read_retry(context, *node, scope);
    flow.retries = !step.retry;
    if (flow.retries) step.retry = std::move(retry);
  }
  if (const Node* node = map.take("metadata")) MapReader(context, *node);
  auto kind = read_call(context, map, *map.take("call"), scope);
  map.finish();
  return kind;
}

// Whether it is one call, which becomes that of the step; another one is a step of its own within it.
bool is_one_call(const LoadContext& context, const Node& body) {
  const Node* call = body.find("call");
  if (call == nullptr || names_function(context, *call)) return false;
  return std::ranges::none_of(
      step_kinds(), [&](const StepKind& kind) { return kind.key != "call" && body.find(kind.key) != nullptr; });
}

// The step inside the one that calls the function, which has its name.
Step read_as_step(LoadContext& context, const Node& body, const Node& call, const Scope& scope) {
  Step step;
  step.name = call.text;
  step.path = scope.step + "." + step.name;
  refuse_keys_of_the_caller(context, body);
  Scope inside = scope;
  inside.is_lane = inside.is_branch = false;
  read_step_body(context, body, inside, step);
  return step;
}

bool calls_itself(LoadContext& context, const Node& call) {
  const auto& open = context.open_functions;
  if (std::ranges::find(open, call.text) == open.end()) return false;
  context.report.error("bad-call", call, fmt::format("calls '{}', which leads back to itself", call.text));
  return true;
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
    if (is_one_call(context, *body)) {
      read_one_call(context, *body, {}, nobody, flow);
      continue;
    }
    const std::size_t sites = context.sites.size();
    context.open_functions.push_back(name);
    read_step_body(context, *body, {.step = name}, nobody);
    refuse_keys_of_the_caller(context, *body);
    context.open_functions.pop_back();
    context.sites.erase(context.sites.begin() + static_cast<std::ptrdiff_t>(sites),
                        context.sites.end());  // what they may look at is known where they stand
  }
}

bool names_function(const LoadContext& context, const Node& call) {
  return call.is_string() && context.functions.contains(call.text);
}

std::optional<Step::Kind> read_function_call(LoadContext& context, MapReader& caller, const Node& call,
                                             const Scope& scope, Step& step) {
  std::optional<expression::ValueTemplate> arguments;
  if (const Node* with = caller.take("with")) {
    if (check_map_or_expression(context, *with)) arguments = read_template(context, *with, scope, Slot::kArguments);
  }
  context.called_functions.insert(call.text);
  const Node& body = *context.functions.at(call.text);
  if (calls_itself(context, call) || !charge_body(context, call, body)) return std::nullopt;
  if (is_one_call(context, body)) {
    auto flow = std::make_shared<FunctionFlow>();
    flow->arguments = std::move(arguments);
    auto kind = read_one_call(context, body, scope, step, *flow);
    step.function = std::move(flow);
    return kind;
  }
  for (const std::string_view key : kOfACall) {
    if (const Node* node = caller.take(key)) {
      context.report.error("misplaced-key", *node,
                           fmt::format("has no meaning here: '{}' is no call, but has steps of its own, which can have "
                                       "the key",
                                       call.text));
    }
  }
  context.open_functions.push_back(call.text);
  Step inside = read_as_step(context, body, call, scope);
  context.open_functions.pop_back();
  inside.given.arguments = std::move(arguments);
  DoStep steps;
  steps.steps.push_back(std::move(inside));
  return steps;
}

}  // namespace skald::definition
