#include "engine/definition/steps/do.hpp"

#include "engine/definition/read_step.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {

std::optional<Step::Kind> read_do(LoadContext& context, MapReader&, const Node& value, const Scope& scope) {
  Scope inside = scope;
  inside.is_lane = inside.is_branch = false;
  return DoStep{.steps = read_step_list(context, value, inside), .hooked = {}};
}

}  // namespace skald::definition
