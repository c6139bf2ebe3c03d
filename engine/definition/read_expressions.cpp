// The expression readers of read_values.hpp: they compile, place compile errors inside the scalar, and record every
// expression for the checks that need the whole document.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/definition/read_values.hpp"
#include "engine/definition/yaml_scalar.hpp"

namespace skald::definition {
namespace {

void report_compile_error(LoadContext& context, const Node& node, std::size_t offset, const std::string& message) {
  const std::string path = context.report.path_of(node);
  context.report.error_at("bad-expression", node, mark_in_scalar(context.source, node, offset), path + ": " + message);
}

// Compiles `source`, which stands at `offset` of the scalar's value, and records it.
std::optional<expression::Expression> compile(LoadContext& context, const Node& node, std::string_view source,
                                              std::size_t offset, const Scope& scope, Slot slot) {
  auto compiled = expression::Expression::compile(source);
  if (!compiled) {
    report_compile_error(context, node, offset + compiled.error().offset, compiled.error().message);
    return std::nullopt;
  }
  const bool is_condition = slot == Slot::kCondition || slot == Slot::kRetry || slot == Slot::kCancel;
  if (is_condition && compiled->is_assignment()) {
    context.report.warning_at("assignment-as-condition", node, mark_in_scalar(context.source, node, offset),
                              fmt::format("{} changes a value instead of comparing it, and what it gives is true "
                                          "whatever the value was; write '==' to compare",
                                          context.report.path_of(node)));
  }
  context.sites.push_back({*compiled, &node, offset, scope, slot});
  return std::move(*compiled);
}

// Every wrapped scalar below `node`; false where one does not compile. The compiled forms serve the checks alone.
bool record_wrapped(LoadContext& context, const Node& node, const Scope& scope, Slot slot,
                    const std::vector<std::string>& left_out = {}) {
  std::string_view source;
  std::size_t offset = 0;
  if (node.is_string()) {
    if (!expression::is_wrapped_expression(node.text, &source, &offset)) return true;
    return compile(context, node, source, offset, scope, slot).has_value();
  }
  bool good = true;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (node.is_map() && std::find(left_out.begin(), left_out.end(), node.keys[i]) != left_out.end()) continue;
    good = record_wrapped(context, node.items[i], scope, slot) && good;
  }
  return good;
}

}  // namespace

bool is_unclosed(LoadContext& context, const Node& node) {
  if (!node.is_string()) return false;
  const auto open = expression::find_unclosed_expression(node.text);
  if (open) report_compile_error(context, node, *open, std::string(expression::kUnclosedExpression));
  return open.has_value();
}

std::optional<expression::Expression> read_expression(LoadContext& context, const Node& node, const Scope& scope,
                                                      Slot slot) {
  if (!node.is_string()) {
    context.report.error("wrong-type", node, fmt::format("must be an expression (got {})", show(node)));
    return std::nullopt;
  }
  if (is_unclosed(context, node)) return std::nullopt;
  std::string_view source = node.text;
  std::size_t offset = 0;
  expression::is_wrapped_expression(node.text, &source, &offset);
  return compile(context, node, source, offset, scope, slot);
}

std::optional<expression::ValueTemplate> read_template(LoadContext& context, const Node& node, const Scope& scope,
                                                       Slot slot, const std::vector<std::string>& left_out) {
  const bool good = record_wrapped(context, node, scope, slot, left_out);
  Json value = to_json(node);
  for (const std::string& key : left_out) value.erase(key);
  auto compiled = expression::ValueTemplate::compile(value);
  if (compiled && good) return std::move(*compiled);
  if (compiled) return std::nullopt;
  for (const expression::TemplateError& error : compiled.error()) {
    const Node& place = node_at(node, error.pointer);
    if (expression::is_wrapped_expression(place.text)) continue;  // reported, at its place, by record_wrapped
    const std::size_t offset = place.text.find("${");
    report_compile_error(context, place, offset == std::string::npos ? 0 : offset, error.error.message);
  }
  return std::nullopt;
}

std::optional<expression::ValueTemplate> read_projection(LoadContext& context, const Node& node, const Scope& scope,
                                                         Slot slot) {
  if (node.is_map()) return read_template(context, node, scope, slot);
  if (!node.is_string()) {
    context.report.error("wrong-type", node, fmt::format("must be an expression or a map (got {})", show(node)));
    return std::nullopt;
  }
  auto compiled = read_expression(context, node, scope, slot);
  if (!compiled) return std::nullopt;
  return expression::ValueTemplate::from_expression(std::move(*compiled));
}

}  // namespace skald::definition
