#include "engine/definition/steps/emit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/base/cloud_event.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

constexpr std::array<std::string_view, 4> kTexts = {"id", "source", "specversion", "type"};

// What can be told before it runs.
void check_attribute(LoadContext& context, const std::string& name, const Node& value) {
  if (!is_attribute_name(name)) {
    return context.report.error("bad-name", value,
                                "is no attribute of an event: their names have lower-case letters and digits only");
  }
  if (name == kDepthAttribute) {
    return context.report.error("misplaced-key", value, "is written by the engine, which counts how deep events go");
  }
  if (name == "data" || is_wrapped(value)) return;
  if (std::ranges::find(kTexts, name) != kTexts.end()) {
    const auto text = read_text(context, value);
    if (!text) return;
    if (text->empty()) return context.report.error("out-of-range", value, "must not be empty");
  }
  if (name == "specversion" && value.text != "1.0") {
    return context.report.error("unknown-value", value, fmt::format("must be '1.0' (got {})", show(value)));
  }
  if (value.is_null()) return;  // left out
  if (const auto good = check_event_attribute(name, to_json(value)); !good) {
    context.report.error("wrong-type", value, "cannot be sent: " + good.error().message);
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
  attributes.require("source");
  const Node* type = attributes.require("type");
  for (std::size_t i = 0; i < with->keys.size(); ++i) check_attribute(context, with->keys[i], with->items[i]);
  auto compiled = read_template(context, *with, scope, Slot::kArguments);
  if (!compiled) return std::nullopt;
  const bool is_constant = type != nullptr && !is_wrapped(*type);
  return EmitStep{.type = is_constant ? type->text : std::string(), .attributes = std::move(*compiled)};
}

}  // namespace skald::definition
