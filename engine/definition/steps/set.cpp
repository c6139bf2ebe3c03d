#include "engine/definition/steps/set.hpp"

#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {

std::optional<Step::Kind> read_set(LoadContext& context, MapReader&, const Node& value, const Scope& scope) {
  if (!check_map_or_expression(context, value)) return std::nullopt;
  auto compiled = read_template(context, value, scope, Slot::kArguments);
  if (!compiled) return std::nullopt;
  return SetStep{std::move(*compiled)};
}

}  // namespace skald::definition
