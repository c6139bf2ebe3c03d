#include "engine/definition/steps/switch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/definition/read_step.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

SwitchCase read_case(LoadContext& context, const Node& item, const Scope& scope) {
  SwitchCase read{.name = item.keys[0], .when = {}, .then = {}};
  MapReader map(context, item.items[0]);
  if (const Node* when = map.take("when")) read.when = read_expression(context, *when, scope, Slot::kCondition);
  if (const Node* then = map.require("then")) read.then = read_directive(context, *then, scope);
  map.finish();
  return read;
}

}  // namespace

std::optional<Step::Kind> read_switch(LoadContext& context, MapReader&, const Node& value, const Scope& scope) {
  if (!value.is_sequence() || value.items.empty()) {
    context.report.error("wrong-type", value,
                         fmt::format("must be a list of cases, each '- name: {{when: ..., then: ...}}' (got {})",
                                     value.is_sequence() ? "an empty list" : show(value)));
    return std::nullopt;
  }
  SwitchStep read;
  const Node* otherwise = nullptr;
  for (const Node& item : value.items) {
    if (!is_list_item(context, item, "case")) continue;
    const Node& body = item.items[0];
    read.cases.push_back(read_case(context, item, scope));
    if (body.find("when") != nullptr || !body.is_map()) continue;
    if (otherwise != nullptr) {
      context.report.error("two-defaults", body,
                           fmt::format("has no 'when' either, like the case at {}:{}; only one case can be the default",
                                       otherwise->mark.line, otherwise->mark.column));
    }
    otherwise = &body;
  }
  return read;
}

}  // namespace skald::definition
