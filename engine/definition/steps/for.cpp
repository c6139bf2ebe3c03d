#include "engine/definition/steps/for.hpp"

#include "engine/base/limits.hpp"
#include "engine/definition/read_step.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {

std::optional<Step::Kind> read_for(LoadContext& context, MapReader& step, const Node& value, const Scope& scope) {
  MapReader map(context, value);
  const Node* in = map.require("in");
  ForStep read;
  if (in != nullptr) read.items = read_expression(context, *in, scope, Slot::kArguments);
  const Node* each = map.take("each");
  read_loop_variables(context, value, each, map.take("at"), read.each, read.at);
  if (const Node* width = map.take("concurrency")) {
    read.concurrency =
        static_cast<std::uint32_t>(read_integer(context, *width, 1, limits::kLoopConcurrencyMax).value_or(1));
  }
  map.finish();
  Scope inside = scope;
  inside.is_repeated = true;
  inside.is_branch = false;
  inside.is_lane = read.concurrency > 1;
  inside.is_beside = inside.is_beside || inside.is_lane;
  inside.may_export = inside.may_export && !inside.is_lane;
  inside.variables.insert(inside.variables.end(), {read.each, read.at});
  if (const Node* condition = step.take("while")) {
    read.condition = read_expression(context, *condition, inside, Slot::kCondition);
  }
  if (const Node* steps = step.require("do")) read.steps = read_step_list(context, *steps, inside);
  return read;
}

}  // namespace skald::definition
