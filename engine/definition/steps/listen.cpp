#include "engine/definition/steps/listen.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "engine/definition/read_event_pattern.hpp"
#include "engine/definition/read_step.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

struct Wanted {
  ListenStep::Strategy strategy = ListenStep::Strategy::kOne;
  std::vector<EventPattern> patterns;
};

// One, any or all of some events.
Wanted read_wanted(LoadContext& context, MapReader& map, const Scope& scope) {
  Wanted read;
  const Node* one = map.take("one");
  const Node* any = map.take("any");
  const Node* all = map.take("all");
  if (map.node().is_map() && (one != nullptr) + (any != nullptr) + (all != nullptr) != 1) {
    context.report.error("missing-key", map.node(), "must have one of the keys one, any, all");
  } else if (one != nullptr) {
    if (auto pattern = read_event_pattern(context, *one, scope)) read.patterns.push_back(std::move(*pattern));
  } else if (any != nullptr) {
    read.strategy = ListenStep::Strategy::kAny;
    if (any->is_sequence() && any->items.empty()) {
      read.patterns.push_back({EventFilter::compile(Json::object(), Json::object()).value(), {}, {}});  // every event
    } else {
      read.patterns = read_event_patterns(context, *any, scope);
    }
  } else if (all != nullptr) {
    read.strategy = ListenStep::Strategy::kAll;
    read.patterns = read_event_patterns(context, *all, scope);
  }
  return read;
}

Wanted read_end(LoadContext& context, const Node& node, const Scope& scope) {
  MapReader map(context, node);
  Wanted read = read_wanted(context, map, scope);
  if (const Node* until = map.take("until")) {
    context.report.error("misplaced-key", *until, "cannot stand within another 'until'");
  }
  map.finish();
  return read;
}

void read_to(LoadContext& context, const Node& node, const Scope& scope, ListenStep& read) {
  MapReader map(context, node);
  Wanted wanted = read_wanted(context, map, scope);
  read.strategy = wanted.strategy;
  read.patterns = std::move(wanted.patterns);
  read.wanted = static_cast<std::uint32_t>(read.patterns.size());
  if (const Node* until = map.take("until")) {
    if (node.find("any") == nullptr) {
      context.report.error("misplaced-key", *until, "stands beside 'any' only");
    } else if (until->is_map()) {
      Wanted end = read_end(context, *until, scope);
      read.until_strategy = end.strategy;
      for (auto& pattern : end.patterns) read.patterns.push_back(std::move(pattern));
    } else {
      read.until = read_expression(context, *until, scope, Slot::kArguments);
    }
  }
  map.finish();
}

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
  if (const Node* to = map.require("to")) read_to(context, *to, scope, read);
  if (const Node* how = map.take("read")) {
    read.read = static_cast<ListenStep::Read>(read_choice(context, *how, {"data", "envelope", "raw"}).value_or(0));
  }
  map.finish();
  if (const Node* each = step.take("foreach")) read.each = read_each(context, *each, scope);
  return read;
}

}  // namespace skald::definition
