#include "engine/definition/steps/fork.hpp"

#include "engine/definition/read_step.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {

std::optional<Step::Kind> read_fork(LoadContext& context, MapReader&, const Node& value, const Scope& scope) {
  MapReader map(context, value);
  ForkStep read;
  if (const Node* compete = map.take("compete")) read.compete = read_flag(context, *compete).value_or(false);
  Scope inside = scope;
  inside.is_repeated = inside.is_beside = inside.is_lane = inside.is_branch = true;
  if (const Node* branches = map.require("branches")) read.branches = read_step_list(context, *branches, inside);
  map.finish();
  return read;
}

}  // namespace skald::definition
