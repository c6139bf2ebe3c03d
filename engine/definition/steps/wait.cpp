#include "engine/definition/steps/wait.hpp"

#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {

std::optional<Step::Kind> read_wait(LoadContext& context, MapReader&, const Node& value, const Scope& scope) {
  auto duration = read_told_duration(context, value, scope, Slot::kArguments);
  if (!duration) return std::nullopt;
  return WaitStep{std::move(*duration)};
}

}  // namespace skald::definition
