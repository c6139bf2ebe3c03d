#include "engine/definition/steps/listen.hpp"

#include <nlohmann/json.hpp>

#include "engine/definition/read_event_pattern.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

void read_strategy(LoadContext& context, const Node& node, const Scope& scope, ListenStep& read) {
  MapReader map(context, node);
  const Node* one = map.take("one");
  const Node* any = map.take("any");
  const Node* all = map.take("all");
  if (node.is_map() && (one != nullptr) + (any != nullptr) + (all != nullptr) != 1) {
    context.report.error("missing-key", node, "must have one of the keys one, any, all");
  } else if (one != nullptr) {
    if (auto pattern = read_event_pattern(context, *one, scope)) read.patterns.push_back(std::move(*pattern));
  } else if (any != nullptr) {
    read.strategy = ListenStep::Strategy::kAny;
    if (any->is_sequence() && any->items.empty()) {
      read.patterns.push_back({EventFilter::compile(Json::object(), Json::object()).value(), {}});  // every event
    } else {
      read.patterns = read_event_patterns(context, *any, scope);
    }
  } else if (all != nullptr) {
    read.strategy = ListenStep::Strategy::kAll;
    read.patterns = read_event_patterns(context, *all, scope);
  }
  if (const Node* until = map.take("until")) {
    if (any == nullptr) {
      context.report.error("misplaced-key", *until, "stands beside 'any' only");
    } else if (until->is_map()) {
      context.report.error("not-yet", *until,
                           "as events is part of the language, but this version runs only a condition");
    } else {
      read.until = read_expression(context, *until, scope, Slot::kArguments);
    }
  }
  map.finish();
}

}  // namespace

std::optional<Step::Kind> read_listen(LoadContext& context, MapReader& step, const Node& value, const Scope& scope) {
  ListenStep read;
  MapReader map(context, value);
  if (const Node* to = map.require("to")) read_strategy(context, *to, scope, read);
  if (const Node* how = map.take("read")) {
    read.read = static_cast<ListenStep::Read>(read_choice(context, *how, {"data", "envelope", "raw"}).value_or(0));
  }
  map.finish();
  step.refuse_for_now("foreach");
  return read;
}

}  // namespace skald::definition
