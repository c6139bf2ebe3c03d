#include "engine/definition/steps/emit.hpp"

#include <fmt/format.h>

#include "engine/base/cloud_event.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

bool is_wrapped(const Node& node) {
  return node.is_string() && expression::is_wrapped_expression(node.text);
}

void check_attribute(LoadContext& context, const std::string& name, const Node& value) {
  if (!is_attribute_name(name)) {
    context.report.error("bad-name", value,
                         "is no attribute of an event: their names have lower-case letters and digits only");
  } else if (name == "data" || name == "source" || name == "type" || is_wrapped(value)) {
    return;  // any value, or read as text
  } else if (value.is_map() || value.is_sequence()) {
    context.report.error("wrong-type", value, fmt::format("must be text (got {})", show(value)));
  } else if (name == "specversion" && value.text != "1.0") {
    context.report.error("unknown-value", value, fmt::format("must be '1.0' (got {})", show(value)));
  }
}

}  // namespace

std::optional<Step::Kind> read_emit(LoadContext& context, MapReader&, const Node& value, const Scope& scope) {
  MapReader emit(context, value);
  const Node* event = emit.require("event");
  emit.finish();
  if (event == nullptr) return std::nullopt;
  MapReader map(context, *event);
  const Node* with = map.require("with");
  map.finish();
  if (with == nullptr) return std::nullopt;
  MapReader attributes(context, *with);
  if (!with->is_map()) return std::nullopt;
  for (const char* needed : {"source", "type"}) {
    if (const Node* node = attributes.require(needed); node != nullptr && !is_wrapped(*node)) read_text(context, *node);
  }
  for (std::size_t i = 0; i < with->keys.size(); ++i) check_attribute(context, with->keys[i], with->items[i]);
  auto compiled = read_template(context, *with, scope, Slot::kArguments);
  if (!compiled) return std::nullopt;
  const Node* type = attributes.take("type");
  const bool is_constant = type != nullptr && !is_wrapped(*type);
  return EmitStep{.type = is_constant ? type->text : std::string(), .attributes = std::move(*compiled)};
}

}  // namespace skald::definition
