#include "engine/definition/read_event_consumption.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_values.hpp"

namespace skald::definition {
namespace {

struct Wanted {
  EventConsumption::Strategy strategy = EventConsumption::Strategy::kOne;
  std::vector<EventPattern> patterns;
};

// One, any or all of some events.
Wanted read_wanted(LoadContext& context, MapReader& map, const Scope& scope, EventUse use, bool may_be_every) {
  Wanted read;
  const Node* one = map.take("one");
  const Node* any = map.take("any");
  const Node* all = map.take("all");
  if (map.node().is_map() && (one != nullptr) + (any != nullptr) + (all != nullptr) != 1) {
    context.report.error("missing-key", map.node(), "must have one of the keys one, any, all");
  } else if (one != nullptr) {
    if (auto pattern = read_event_pattern(context, *one, scope, use)) read.patterns.push_back(std::move(*pattern));
  } else if (any != nullptr) {
    read.strategy = EventConsumption::Strategy::kAny;
    if (may_be_every && any->is_sequence() && any->items.empty()) {
      read.patterns.push_back({EventFilter::compile(Json::object(), Json::object()).value(), {}, {}});  // every event
    } else {
      read.patterns = read_event_patterns(context, *any, scope, use);
    }
  } else if (all != nullptr) {
    read.strategy = EventConsumption::Strategy::kAll;
    read.patterns = read_event_patterns(context, *all, scope, use);
  }
  return read;
}

Wanted read_end(LoadContext& context, const Node& node, const Scope& scope, EventUse use) {
  MapReader map(context, node);
  // An execution that every event would end before it starts would never start.
  Wanted read = read_wanted(context, map, scope, use, use == EventUse::kListen);
  if (const Node* until = map.take("until")) {
    context.report.error("misplaced-key", *until, "cannot stand within another 'until'");
  }
  map.finish();
  return read;
}

}  // namespace

void read_event_consumption(LoadContext& context, const Node& node, const Scope& scope, EventUse use,
                            EventConsumption& read) {
  MapReader map(context, node);
  Wanted wanted = read_wanted(context, map, scope, use, true);
  read.strategy = wanted.strategy;
  read.patterns = std::move(wanted.patterns);
  read.wanted = static_cast<std::uint32_t>(read.patterns.size());
  if (const Node* until = map.take("until")) {
    if (node.find("any") == nullptr) {
      context.report.error("misplaced-key", *until, "stands beside 'any' only");
    } else if (until->is_map()) {
      Wanted end = read_end(context, *until, scope, use);
      read.until_strategy = end.strategy;
      for (auto& pattern : end.patterns) read.patterns.push_back(std::move(pattern));
    } else {
      const Slot slot = use == EventUse::kStart ? Slot::kEvent : Slot::kArguments;
      read.until = read_expression(context, *until, scope, slot);
    }
  }
  map.finish();
}

}  // namespace skald::definition
