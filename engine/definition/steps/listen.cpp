#include "engine/definition/steps/listen.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "engine/definition/read_event_consumption.hpp"
#include "engine/definition/read_step.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

ForEachEvent read_each(LoadContext& context, const Node& node, const Scope& scope) {
  MapReader map(context, node);
  ForEachEvent read;
  const Node* item = map.take("item");
  read_loop_variables(context, node, item, map.take("at"), read.item, read.at);
  Scope inside = scope;
  inside.is_repeated = true;
  inside.is_branch = inside.is_lane = false;
  inside.variables.insert(inside.variables.end(), {read.item, read.at});
  if (const Node* steps = map.take("do")) read.steps = read_step_list(context, *steps, inside);
  read_output(context, map, inside, Slot::kIteration, read.data);
  read_export(context, map, inside, Slot::kIteration, read.data);
  map.finish();
  return read;
}

}  // namespace

std::optional<Step::Kind> read_listen(LoadContext& context, MapReader& step, const Node& value, const Scope& scope) {
  ListenStep read;
  MapReader map(context, value);
  if (const Node* to = map.require("to")) read_event_consumption(context, *to, scope, EventUse::kListen, read);
  if (const Node* how = map.take("read")) {
    read.read = static_cast<ListenStep::Read>(read_choice(context, *how, {"data", "envelope", "raw"}).value_or(0));
  }
  map.finish();
  if (const Node* each = step.take("foreach")) read.each = read_each(context, *each, scope);
  return read;
}

}  // namespace skald::definition
