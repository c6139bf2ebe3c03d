#include "engine/definition/read_values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/base/duration.hpp"
#include "engine/definition/external_document.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/semantic_version.hpp"
#include "engine/definition/suggest.hpp"

namespace skald::definition {
namespace {

std::nullopt_t wrong_type(LoadContext& context, const Node& node, std::string_view expected) {
  context.report.error("wrong-type", node, fmt::format("must be {} (got {})", expected, show(node)));
  return std::nullopt;
}

std::optional<JsonSchema> read_external_schema(LoadContext& context, const Node& resource) {
  const auto document = read_external_document(context, resource);
  if (!document) return std::nullopt;
  auto schema = JsonSchema::compile(document->content);
  if (schema) return std::move(*schema);
  context.report.error(
      "bad-schema", resource,
      fmt::format("is '{}', where '{}': {}", document->uri, schema.error().subject, schema.error().message));
  return std::nullopt;
}

std::optional<Millis> read_duration_map(LoadContext& context, const Node& node) {
  struct Unit {
    std::string_view key;
    std::int64_t millis;
  };
  constexpr std::array<Unit, 5> kUnits = {
      {{"days", 86'400'000}, {"hours", 3'600'000}, {"minutes", 60'000}, {"seconds", 1'000}, {"milliseconds", 1}}};
  constexpr std::int64_t kMillisMax = std::int64_t{10'000} * 86'400'000;
  MapReader map(context, node);
  std::int64_t total = 0;
  bool complete = true;
  for (const Unit& unit : kUnits) {
    const Node* value = map.take(unit.key);
    if (value == nullptr) continue;
    const auto count = read_integer(context, *value, 0, kMillisMax / unit.millis);
    complete = complete && count.has_value();
    total += count.value_or(0) * unit.millis;
  }
  map.finish();
  if (node.keys.empty()) {
    context.report.error("bad-duration", node, "must name a unit: days, hours, minutes, seconds or milliseconds");
    return std::nullopt;
  }
  if (total > kMillisMax) {
    context.report.error("out-of-range", node, "must be at most 10000 days");
    return std::nullopt;
  }
  return complete ? std::optional(Millis(total)) : std::nullopt;
}

}  // namespace

std::string show(const Node& node) {
  constexpr std::size_t kShown = 60;
  switch (node.kind) {
    case Node::Kind::kString:
      return "'" + (node.text.size() > kShown ? node.text.substr(0, kShown) + "..." : node.text) + "'";
    case Node::Kind::kBool:
    case Node::Kind::kInteger:
    case Node::Kind::kFloat:
      return node.text;
    default:
      return std::string(describe(node.kind));
  }
}

bool is_name(std::string_view text) {
  constexpr std::size_t kNameMax = 64;
  return !text.empty() && text.size() <= kNameMax && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

std::optional<std::string> read_document_name(LoadContext& context, const Node& node) {
  constexpr std::size_t kLabelMax = 63;
  auto text = read_text(context, node);
  if (!text) return text;
  const bool is_label = !text->empty() && text->size() <= kLabelMax && text->front() != '-' && text->back() != '-' &&
                        std::ranges::all_of(*text, [](unsigned char c) { return std::isalnum(c) || c == '-'; });
  if (!is_label) {
    context.report.error("bad-name", node,
                         fmt::format("must have 1 to 63 letters, digits or inner hyphens (got {})", show(node)));
  }
  return text;
}

bool is_wrapped(const Node& node) {
  return node.is_string() && expression::is_wrapped_expression(node.text);
}

bool has_expressions(const Node& node) {
  return is_wrapped(node) || std::ranges::any_of(node.items, has_expressions);
}

bool check_map_or_expression(LoadContext& context, const Node& node) {
  if (node.is_map() || is_wrapped(node)) return true;
  if (is_unclosed(context, node)) return false;
  context.report.error("wrong-type", node, fmt::format("must be a map or an expression '${{ }}' (got {})", show(node)));
  return false;
}

const Node& node_at(const Node& root, std::string_view pointer) {
  const Node* node = &root;
  while (pointer.starts_with('/')) {
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    std::string key;
    for (std::size_t i = 1; i < end; ++i) {
      const bool escaped = pointer[i] == '~' && i + 1 < end;
      key += !escaped ? pointer[i] : pointer[++i] == '1' ? '/' : '~';
    }
    const Node* child = node->find(key);
    if (node->is_sequence()) {
      const std::size_t index = std::strtoul(key.c_str(), nullptr, 10);
      child = index < node->items.size() ? &node->items[index] : nullptr;
    }
    if (child == nullptr) break;
    node = child;
    pointer.remove_prefix(end);
  }
  return *node;
}

std::optional<std::string> read_text(LoadContext& context, const Node& node) {
  if (node.is_string()) return node.text;
  if (node.kind == Node::Kind::kInteger || node.kind == Node::Kind::kFloat || node.kind == Node::Kind::kBool) {
    context.report.error("wrong-type", node,
                         fmt::format("must be a string (got {}); quote it: '{}'", node.text, node.text));
    return std::nullopt;
  }
  return wrong_type(context, node, "a string");
}

std::optional<std::string> read_version_text(LoadContext& context, const Node& node, std::string_view wanted) {
  const bool is_number = node.kind == Node::Kind::kInteger || node.kind == Node::Kind::kFloat;
  if (!is_number && !node.is_string()) return read_text(context, node);
  if (!is_number && parse_semantic_version(node.text)) return node.text;
  const auto meant = complete_version(node.text);
  const std::string message = fmt::format("{} (got {}){}", wanted, show(node),
                                          meant ? fmt::format("; did you mean '{}'?", *meant) : std::string());
  if (is_number) {
    context.report.error("wrong-type", node, message);
  } else {
    context.report.error("bad-version", node, message);
  }
  return std::nullopt;
}

std::optional<bool> read_flag(LoadContext& context, const Node& node) {
  if (node.kind == Node::Kind::kBool) return node.text[0] == 't' || node.text[0] == 'T';
  return wrong_type(context, node, "true or false");
}

std::optional<std::int64_t> read_integer(LoadContext& context, const Node& node, std::int64_t min, std::int64_t max) {
  if (node.kind != Node::Kind::kInteger) return wrong_type(context, node, "an integer");
  const Json value = to_json(node);
  if (value.is_number_float() || (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) ||
      value.get<std::int64_t>() > max) {
    context.report.error("out-of-range", node, fmt::format("must be at most {} (got {})", max, node.text));
    return std::nullopt;
  }
  if (value.get<std::int64_t>() < min) {
    context.report.error("out-of-range", node, fmt::format("must be at least {} (got {})", min, node.text));
    return std::nullopt;
  }
  return value.get<std::int64_t>();
}

std::optional<double> read_number(LoadContext& context, const Node& node, double min, double max) {
  if (node.kind != Node::Kind::kInteger && node.kind != Node::Kind::kFloat)
    return wrong_type(context, node, "a number");
  const double value = to_json(node).get<double>();
  if (value < min || value > max) {
    context.report.error("out-of-range", node,
                         fmt::format("must be {} {} (got {})", value < min ? "at least" : "at most",
                                     value < min ? min : max, node.text));
    return std::nullopt;
  }
  return value;
}

std::optional<Millis> read_duration(LoadContext& context, const Node& node) {
  if (node.is_map()) return read_duration_map(context, node);
  if (!node.is_string()) return wrong_type(context, node, "an ISO 8601 duration such as 'PT5S', or a map of units");
  if (expression::is_wrapped_expression(node.text)) {
    context.report.error("bad-duration", node, fmt::format("must be constant, such as 'PT5S' (got {})", show(node)));
    return std::nullopt;
  }
  const auto duration = parse_duration(node.text);
  if (!duration) {
    context.report.error(
        "bad-duration", node,
        fmt::format("must be an ISO 8601 duration such as 'PT5S' or 'P1DT2H', without years and months (got {})",
                    show(node)));
  }
  return duration;
}

std::optional<Duration> read_told_duration(LoadContext& context, const Node& node, const Scope& scope, Slot slot) {
  if (is_wrapped(node)) return read_expression(context, node, scope, slot);
  if (node.is_string() && (node.text.starts_with('.') || node.text.contains('$'))) {
    context.report.error(
        "bad-duration", node,
        fmt::format("must be a duration or one whole expression, as in '${{ \"PT\\(.seconds)S\" }}' (got {})",
                    show(node)));
    return std::nullopt;
  }
  return read_duration(context, node);
}

std::optional<std::string> read_variable_name(LoadContext& context, const Node& node) {
  constexpr std::array<std::string_view, 12> kTaken = {"workflow", "runtime",      "context",   "steps",
                                                       "input",    "output",       "task",      "step",
                                                       "secrets",  "compensation", "callbacks", "authorization"};
  auto text = read_text(context, node);
  if (!text) return std::nullopt;
  constexpr std::size_t kNameMax = 64;
  const auto is_inner = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  const bool fits = !text->empty() && text->size() <= kNameMax && std::all_of(text->begin(), text->end(), is_inner) &&
                    std::isdigit(static_cast<unsigned char>(text->front())) == 0;
  if (!fits) {
    context.report.error("bad-name", node, fmt::format("'{}' must match [A-Za-z_][A-Za-z0-9_]{{0,63}}", *text));
  } else if (std::find(kTaken.begin(), kTaken.end(), *text) != kTaken.end()) {
    context.report.error("bad-name", node, fmt::format("'{}' is a variable of the language already", *text));
  }
  return text;
}

void read_loop_variables(LoadContext& context, const Node& loop, const Node* item, const Node* at,
                         std::string& item_name, std::string& at_name) {
  if (item != nullptr) item_name = read_variable_name(context, *item).value_or(item_name);
  if (at != nullptr) at_name = read_variable_name(context, *at).value_or(at_name);
  if (item_name == at_name) {
    context.report.error("duplicate-value", loop,
                         fmt::format("has the same variable '{}' for the item and for its index", item_name));
  }
  if (item_name == "error" || at_name == "error") {
    context.report.error("bad-name", loop, "'error' is the name of an error's variable; choose another one");
  }
}

std::optional<std::size_t> read_choice(LoadContext& context, const Node& node,
                                       std::initializer_list<std::string_view> choices) {
  const std::vector<std::string> words(choices.begin(), choices.end());
  if (node.is_string()) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i] == node.text) return i;
    }
  }
  context.report.error("unknown-value", node,
                       fmt::format("must be one of {} (got {}){}", fmt::join(words, ", "), show(node),
                                   node.is_string() ? context.report.hint(node.text, words) : ""));
  return std::nullopt;
}

std::optional<JsonSchema> read_schema(LoadContext& context, const Node& node) {
  MapReader map(context, node, MapKind::kSchema);
  if (const Node* format = map.take("format")) {
    if (const auto text = read_text(context, *format); text && *text != "json" && !text->starts_with("json:")) {
      context.report.error("not-supported", *format, fmt::format("must be json (got '{}')", *text));
    }
  }
  const Node* resource = map.take("resource");
  const Node* document = resource != nullptr ? map.take("document") : map.require("document");
  map.finish();
  if (resource != nullptr && document != nullptr) {
    context.report.error("misplaced-key", *document, "stands beside 'resource'; a schema is one of the two");
    return std::nullopt;
  }
  if (resource != nullptr) return read_external_schema(context, *resource);
  if (document == nullptr) return std::nullopt;
  auto schema = JsonSchema::compile(to_json(*document));
  if (!schema) {
    const Node& place = node_at(*document, schema.error().subject);
    context.report.error_at("bad-schema", place, place.mark,
                            context.report.path_of(place) + ": " + schema.error().message);
    return std::nullopt;
  }
  return std::move(*schema);
}

}  // namespace skald::definition
