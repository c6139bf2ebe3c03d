#include "engine/definition/steps/set.hpp"

#include <fmt/format.h>

#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {

std::optional<Step::Kind> read_set(LoadContext& context, MapReader&, const Node& value, const Scope& scope) {
  const bool is_expression = value.is_string() && expression::is_wrapped_expression(value.text);
  if (!value.is_map() && !is_expression) {
    context.report.error("wrong-type", value,
                         fmt::format("must be a map or an expression '${{ }}' (got {})", show(value)));
    return std::nullopt;
  }
  auto compiled = read_template(context, value, scope, Slot::kArguments);
  if (!compiled) return std::nullopt;
  return SetStep{std::move(*compiled)};
}

}  // namespace skald::definition
