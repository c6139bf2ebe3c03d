#include "engine/definition/steps/wait.hpp"

#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {

std::optional<Step::Kind> read_wait(LoadContext& context, MapReader&, const Node& value, const Scope& scope) {
  if (value.is_string() && expression::is_wrapped_expression(value.text)) {
    auto compiled = read_expression(context, value, scope, Slot::kArguments);
    if (!compiled) return std::nullopt;
    return WaitStep{std::move(*compiled)};
  }
  const auto duration = read_duration(context, value);
  if (!duration) return std::nullopt;
  return WaitStep{*duration};
}

}  // namespace skald::definition
