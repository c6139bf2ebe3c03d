#include "engine/definition/read_event_pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/base/cloud_event.hpp"
#include "engine/base/limits.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/told_at_load.hpp"

namespace skald::definition {
namespace {

constexpr std::size_t kSpellingMin = 4;  // shorter names are near to one another by chance

// An attribute that looks like one of the standard: few events have it.
void check_spelling(LoadContext& context, const Node& with, std::size_t index) {
  static const std::vector<std::string> kStandard = {
      "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "data", "data_base64"};
  const std::string& name = with.keys[index];
  if (std::ranges::find(kStandard, name) != kStandard.end()) return;
  const std::string hint = name.size() < kSpellingMin ? "" : context.report.hint(name, kStandard);
  if (hint.empty()) return;
  context.report.warning_at("unusual-attribute", with.items[index], with.key_marks[index],
                            fmt::format("{}: '{}' is no attribute of the standard, and an event without it never "
                                        "matches{}",
                                        context.report.path_of(with), name, hint));
}

// The attributes as they stand, expressions being checked on the way.
Json read_with(LoadContext& context, const Node& node, const Scope& scope) {
  const MapReader map(context, node);  // reports what is no map
  if (!node.is_map()) return Json::object();
  if (node.keys.empty()) {
    context.report.error("missing-key", node, "must have at least one attribute of the events, such as 'type'");
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const Node& value = node.items[i];
    if (!is_attribute_name(node.keys[i])) {
      context.report.error("bad-name", value,
                           "is no attribute of an event: their names have lower-case letters and digits only");
      continue;
    }
    check_spelling(context, node, i);
    if (is_wrapped(value)) {
      read_expression(context, value, scope, Slot::kEvent);
    } else if (has_expressions(value)) {
      context.report.error("misplaced-key", value,
                           "must be constant, or as a whole an expression that is true or false");
    } else if (node.keys[i] != "data" && (value.is_map() || value.is_sequence())) {
      context.report.error("wrong-type", value, fmt::format("must be text (got {})", show(value)));
    }
  }
  return to_json(node);
}

// `from` and `expects` are those that have an expectation.
struct Correlations {
  Json from = Json::object();
  std::vector<expression::ValueTemplate> expects;
  std::vector<OpenCorrelation> open;
};

Correlations read_correlate(LoadContext& context, const Node& node, const Scope& scope) {
  Correlations read;
  const MapReader map(context, node);
  std::map<std::string, std::optional<expression::ValueTemplate>> expects;
  for (std::size_t i = 0; i < node.keys.size() && node.is_map(); ++i) {
    const std::string& name = node.keys[i];
    MapReader correlation(context, node.items[i]);
    const Node* from = correlation.require("from");
    auto compiled = from == nullptr ? std::nullopt : read_expression(context, *from, scope, Slot::kEvent);
    if (const Node* expect = correlation.take("expect")) {
      if (expect->is_null()) context.report.error("wrong-type", *expect, "must not be null: no event would match");
      expects[name] = read_template(context, *expect, scope, Slot::kArguments);
      if (compiled) read.from[name] = compiled->source();
    } else if (compiled) {
      read.open.push_back({.name = name, .from = std::move(*compiled)});
    }
    correlation.finish();
  }
  for (auto& [name, expect] : expects) {
    if (expect) read.expects.push_back(std::move(*expect));
  }
  return read;
}

// Of an event that starts an execution: a value that is not as it must be is none.
std::optional<std::string> read_start_correlation(LoadContext& context, const expression::Expression& from,
                                                  const Node* expect) {
  if (expect == nullptr) return from.source();
  const auto wanted = read_value_at_load(context, *expect);
  if (!wanted) return std::nullopt;
  if (wanted->is_null()) {
    context.report.error("wrong-type", *expect, "must not be null: no event would match");
    return std::nullopt;
  }
  // The line ends what may be a comment.
  auto text = fmt::format("({}\n) | if . == {} then . else null end", from.source(), dump_json(*wanted));
  if (const auto compiled = expression::Expression::compile(text); !compiled) {
    context.report.error("out-of-range", *expect, "is too large to be compared with: " + compiled.error().message);
    return std::nullopt;
  }
  return text;
}

Json read_start_correlations(LoadContext& context, const Node& node, const Scope& scope) {
  Json from = Json::object();
  const MapReader map(context, node);
  for (std::size_t i = 0; i < node.keys.size() && node.is_map(); ++i) {
    MapReader correlation(context, node.items[i]);
    const Node* source = correlation.require("from");
    const Node* expect = correlation.take("expect");
    correlation.finish();
    const auto compiled = source == nullptr ? std::nullopt : read_expression(context, *source, scope, Slot::kEvent);
    const auto text = compiled ? read_start_correlation(context, *compiled, expect) : std::nullopt;
    from[node.keys[i]] = text.value_or("null");  // the name counts, whatever is wrong with it
  }
  return from;
}

}  // namespace

std::optional<EventPattern> read_event_pattern(LoadContext& context, const Node& node, const Scope& scope,
                                               EventUse use) {
  MapReader map(context, node);
  const Node* with = map.require("with");
  const Node* correlate = map.take("correlate");
  map.finish();
  if (with == nullptr) return std::nullopt;
  const Json attributes = read_with(context, *with, scope);
  Correlations correlations;
  if (correlate != nullptr && use == EventUse::kListen) correlations = read_correlate(context, *correlate, scope);
  if (correlate != nullptr && use == EventUse::kStart) {
    correlations.from = read_start_correlations(context, *correlate, scope);
  }
  auto filter = EventFilter::compile(attributes, correlations.from);
  if (filter) return EventPattern{std::move(*filter), std::move(correlations.expects), std::move(correlations.open)};
  const Node& place = node_at(node, filter.error().subject);
  // An expression that does not compile is reported where it was read.
  if (!is_wrapped(place)) context.report.error("bad-pattern", place, filter.error().message);
  return std::nullopt;
}

std::vector<EventPattern> read_event_patterns(LoadContext& context, const Node& node, const Scope& scope,
                                              EventUse use) {
  std::vector<EventPattern> patterns;
  if (!node.is_sequence() || node.items.empty()) {
    context.report.error("wrong-type", node,
                         fmt::format("must be a list of events, each '- with: {{type: ...}}' (got {})",
                                     node.is_sequence() ? "an empty list" : show(node)));
    return patterns;
  }
  if (node.items.size() > limits::kListenPatternsMax) {
    context.report.error(
        "out-of-range", node,
        fmt::format("has {} events, and may have {} at most", node.items.size(), limits::kListenPatternsMax));
  }
  for (const Node& item : node.items) {
    if (auto pattern = read_event_pattern(context, item, scope, use)) patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

}  // namespace skald::definition
