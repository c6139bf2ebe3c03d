#include "engine/definition/steps/do.hpp"

#include "engine/definition/read_step.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {

std::optional<Step::Kind> read_do(LoadContext& context, MapReader&, const Node& value, const Scope& scope) {
  return DoStep{read_step_list(context, value, scope.step + ".", scope.is_undo)};
}

}  // namespace skald::definition
