#include "adapters/adapters_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "engine/definition/load_context.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/yaml_tree.hpp"

namespace skald::adapters {
namespace {

using definition::LoadContext;
using definition::MapReader;
using definition::Node;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::int64_t kConcurrencyMax = 10'000;
constexpr double kRateMax = 1'000'000;

// As `call: adapter.operation` spells it.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

void check_name(LoadContext& context, const Node& map, std::size_t index, std::string_view what) {
  if (is_name(map.keys[index])) return;
  context.report.error_at("bad-name", map.items[index], map.key_marks[index],
                          fmt::format("{} must be a letter and then at most 63 letters, digits, '_' or '-' (got '{}')",
                                      what, map.keys[index].substr(0, 80)));
}

void read_base_url(LoadContext& context, const Node& node, AdapterSettings& settings) {
  const auto text = definition::read_text(context, node);
  if (!text) return;
  auto url = parse_url(*text);
  if (!url) return context.report.error("bad-url", node, url.error().message);
  if (url->target.find('?') != std::string::npos) {
    return context.report.error("bad-url", node, "must not have a query; it belongs to an operation's path");
  }
  while (url->target.ends_with('/')) url->target.pop_back();
  settings.origin = std::move(url->origin);
  settings.base_path = std::move(url->target);
}

// Values are never shown: a wrong one may still be a credential.
SecretText read_secret_text(LoadContext& context, const Node* node) {
  if (node == nullptr) return {};
  if (!node->is_string()) {
    context.report.error("wrong-type", *node, "must be text such as '${secret:name}'");
    return {};
  }
  auto text = SecretText::parse(node->text);
  if (!text) {
    context.report.error("bad-secret", *node, "is not a reference to a secret: " + text.error().message);
    return {};
  }
  if (node->text.find("${") == std::string::npos) {
    context.report.warning("literal-secret", *node,
                           "holds a credential in the file itself; '${secret:name}' keeps it out");
  }
  return std::move(*text);
}

void read_authentication(LoadContext& context, const Node& node, AdapterSettings& settings) {
  MapReader map(context, node);
  const Node* bearer = map.take("bearer");
  const Node* basic = map.take("basic");
  for (const auto* other : {"digest", "oauth2", "oidc"}) {
    map.refuse_for_good(other, "an adapter has bearer or basic; this one is of 'call: http'");
  }
  map.finish();
  if (bearer && basic) return context.report.error("conflict", node, "must have one of bearer and basic, not both");
  if (bearer) {
    MapReader fields(context, *bearer);
    settings.authentication = BearerAuthentication{read_secret_text(context, fields.require("token"))};
    fields.finish();
  }
  if (basic) {
    MapReader fields(context, *basic);
    auto username = read_secret_text(context, fields.require("username"));
    settings.authentication =
        BasicAuthentication{std::move(username), read_secret_text(context, fields.require("password"))};
    fields.finish();
  }
}

void read_limits(LoadContext& context, const Node& node, CallLimits& limits) {
  MapReader map(context, node);
  if (const Node* value = map.take("concurrency")) {
    if (const auto count = definition::read_integer(context, *value, 1, kConcurrencyMax)) {
      limits.concurrency = static_cast<std::size_t>(*count);
    }
  }
  if (const Node* value = map.take("ratePerSecond")) {
    limits.rate_per_second = definition::read_number(context, *value, 0.001, kRateMax);
  }
  map.finish();
}

void read_positive_duration(LoadContext& context, const Node* node, Millis& into) {
  if (node == nullptr) return;
  const auto duration = definition::read_duration(context, *node);
  if (!duration) return;
  if (*duration == Millis(0)) return context.report.error("out-of-range", *node, "must be longer than zero");
  into = *duration;
}

CircuitBreakerSettings read_circuit_breaker(LoadContext& context, const Node& node) {
  CircuitBreakerSettings breaker;
  MapReader map(context, node);
  if (const Node* value = map.take("failures")) {
    if (const auto count = definition::read_integer(context, *value, 1, kConcurrencyMax)) {
      breaker.failures = static_cast<std::size_t>(*count);
    }
  }
  read_positive_duration(context, map.take("window"), breaker.window);
  read_positive_duration(context, map.take("openFor"), breaker.open_for);
  map.finish();
  return breaker;
}

void read_statuses(LoadContext& context, const Node* node, std::vector<int>& into, std::vector<int>& seen) {
  if (node == nullptr) return;
  if (!node->is_sequence()) {
    return context.report.error("wrong-type", *node,
                                fmt::format("must be a list of statuses (got {})", definition::show(*node)));
  }
  for (const Node& item : node->items) {
    const auto status = definition::read_integer(context, item, 200, 599);
    if (!status) continue;
    if (std::ranges::find(seen, *status) != seen.end()) {
      context.report.error("conflict", item, fmt::format("repeats {}, which stands in outcomes already", *status));
      continue;
    }
    seen.push_back(static_cast<int>(*status));
    into.push_back(static_cast<int>(*status));
  }
}

OutcomeRules read_outcomes(LoadContext& context, const Node& node) {
  OutcomeRules rules;
  std::vector<int> seen;
  MapReader map(context, node);
  read_statuses(context, map.take("done"), rules.done, seen);
  read_statuses(context, map.take("refused"), rules.refused, seen);
  read_statuses(context, map.take("retry"), rules.retry, seen);
  map.finish();
  return rules;
}

// The path with its `{name}` places filled in must be one that may be sent.
bool is_path(std::string_view path) {
  std::string filled;
  while (!path.empty()) {
    const auto open = path.find_first_of("{}");
    filled += path.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = path.find('}', open);
    if (path[open] == '}' || close == std::string_view::npos || !is_name(path.substr(open + 1, close - open - 1))) {
      return false;
    }
    filled += 'x';
    path.remove_prefix(close + 1);
  }
  return is_target(filled);
}

PollSettings read_poll(LoadContext& context, const Node& node) {
  PollSettings poll;
  MapReader map(context, node);
  read_positive_duration(context, map.require("every"), poll.every);
  if (const Node* until = map.take("until")) {
    poll.until = definition::read_expression(context, *until, {}, definition::Slot::kOutput);
    if (poll.until && !poll.until->variables().empty()) {
      context.report.error("unknown-variable", *until,
                           fmt::format("reads ${}, which does not exist here: '.' is the body of the answer, and all "
                                       "there is",
                                       poll.until->variables().front().name));
    }
  }
  map.finish();
  return poll;
}

OperationSettings read_operation(LoadContext& context, const Node& node) {
  constexpr std::string_view kMethods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};
  OperationSettings operation;
  MapReader map(context, node);
  if (const Node* method = map.require("method")) {
    Node lower = *method;  // either case is right
    for (char& c : lower.text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (const auto choice = definition::read_choice(context, lower.text == method->text ? *method : lower,
                                                    {"get", "post", "put", "patch", "delete", "head", "options"})) {
      operation.method = kMethods[*choice];
    }
  }
  if (const Node* path = map.require("path")) {
    if (const auto text = definition::read_text(context, *path)) {
      operation.path = *text;
      if (!is_path(*text)) {
        context.report.error("bad-path", *path,
                             fmt::format("must start with '/', be percent-encoded and have '{{name}}' places only "
                                         "(got {})",
                                         definition::show(*path)));
      }
    }
  }
  if (const Node* outcomes = map.take("outcomes")) operation.outcomes = read_outcomes(context, *outcomes);
  if (const Node* poll = map.take("poll")) operation.poll = read_poll(context, *poll);
  map.finish();
  return operation;
}

void read_event_types(LoadContext& context, const Node& node, EventSettings& events) {
  if (!node.is_sequence() || node.items.empty()) {
    return context.report.error("wrong-type", node,
                                fmt::format("must be a list of types such as 'com.example.order.*' (got {})",
                                            node.is_sequence() ? "an empty list" : definition::show(node)));
  }
  for (const Node& item : node.items) {
    const auto type = definition::read_text(context, item);
    if (!type) continue;
    if (type->empty() || type->find('*') < type->size() - 1) {
      context.report.error(
          "bad-pattern", item,
          fmt::format("must be a type of events, with a '*' at its end at most (got {})", definition::show(item)));
    }
    events.types.push_back(*type);
  }
}

// After the operations.
EventSettings read_events(LoadContext& context, const Node& node, const AdapterSettings& settings) {
  EventSettings events;
  MapReader map(context, node);
  if (const Node* name = map.require("operation")) {
    events.operation = definition::read_text(context, *name).value_or("");
    const auto operation = settings.operations.find(events.operation);
    if (operation == settings.operations.end()) {
      context.report.error("unknown-operation", *name,
                           fmt::format("is no operation of this adapter (got {})", definition::show(*name)));
    } else if (operation->second.path.find('{') != std::string::npos || operation->second.method != "POST") {
      context.report.error(
          "unknown-operation", *name,
          "must be an operation with 'method: post' and no '{name}' in its path: the event is all that "
          "is sent");
    }
  }
  if (const Node* types = map.take("types")) read_event_types(context, *types, events);
  map.finish();
  return events;
}

AdapterSettings read_adapter(LoadContext& context, const Node& node) {
  AdapterSettings settings;
  MapReader map(context, node);
  if (const Node* url = map.require("baseUrl")) read_base_url(context, *url, settings);
  if (const Node* value = map.take("authentication")) read_authentication(context, *value, settings);
  if (const Node* value = map.take("limits")) read_limits(context, *value, settings.limits);
  if (const Node* value = map.take("circuitBreaker")) settings.circuit_breaker = read_circuit_breaker(context, *value);
  if (const Node* operations = map.require("operations")) {
    MapReader named(context, *operations);
    for (std::size_t i = 0; i < operations->keys.size(); ++i) {
      check_name(context, *operations, i, "the name of an operation");
      settings.operations.emplace(operations->keys[i], read_operation(context, *named.take(operations->keys[i])));
    }
    named.finish();
  }
  if (const Node* events = map.take("events")) settings.events = read_events(context, *events, settings);
  map.finish();
  return settings;
}

AdaptersConfig read_root(LoadContext& context, const Node& root) {
  AdaptersConfig config;
  MapReader map(context, root);
  const Node* adapters = map.require("adapters");
  map.finish();
  if (adapters == nullptr || adapters->is_null()) return config;
  MapReader named(context, *adapters);
  for (std::size_t i = 0; i < adapters->keys.size(); ++i) {
    check_name(context, *adapters, i, "the name of an adapter");
    const auto& read =
        config.adapters.emplace(adapters->keys[i], read_adapter(context, *named.take(adapters->keys[i])));
    if (adapters->keys[i] == "executions" && read.first->second.events) {
      context.report.error_at("bad-name", adapters->items[i], adapters->key_marks[i],
                              "an adapter with 'events' must not be called 'executions': that is what metrics call the "
                              "executions that listen");
    }
  }
  named.finish();
  return config;
}

}  // namespace

AdaptersFile parse_adapters(std::string_view text) {
  const definition::SourceText source(text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text);
  const definition::LoadOptions options;
  definition::YamlTree tree = definition::read_yaml(source);
  LoadContext context{.source = source, .options = options};
  for (const auto& problem : tree.problems) {
    context.report.add({definition::Severity::kError, problem.rule, problem.mark, problem.pointer, problem.message});
  }
  if (!tree.complete) return {std::nullopt, context.report.take()};
  definition::link_tree(tree.root);
  AdaptersConfig config = read_root(context, tree.root);
  if (context.report.has_errors()) return {std::nullopt, context.report.take()};
  return {std::move(config), context.report.take()};
}

definition::OperationCatalog catalog_of(const AdaptersConfig& config) {
  definition::OperationCatalog catalog;
  for (const auto& [name, adapter] : config.adapters) {
    auto& operations = catalog.adapters[name];
    for (const auto& [operation, settings] : adapter.operations) {
      operations.emplace(operation, definition::Operation{.method = settings.method, .path = settings.path});
    }
    if (!adapter.events) continue;
    catalog.sinks[name] = {.operation = adapter.events->operation, .types = adapter.events->types};
  }
  return catalog;
}

}  // namespace skald::adapters
