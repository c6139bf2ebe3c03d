#include <algorithm>
#include <nlohmann/json.hpp>
#include <ranges>

#include "engine/base/cloud_event.hpp"
#include "engine/base/limits.hpp"
#include "engine/definition/check.hpp"
#include "engine/definition/read_values.hpp"

#include <fmt/format.h>

namespace skald::definition {
namespace {

// What is certain of the event before the step runs.
Json literal_attributes(const Node& with) {
  Json event = {{"specversion", "1.0"}};
  for (std::size_t i = 0; i < with.keys.size(); ++i) {
    const Node& value = with.items[i];
    if (!has_expressions(value) && !value.is_null()) event[with.keys[i]] = to_json(value);
  }
  return event;
}

// What a clock starts has the input {}.
void check_input_of_times(LoadContext& context, const Node& root, const Definition& definition) {
  const Node* schedule = root.find("schedule");
  if (schedule == nullptr || !definition.data.input_schema) return;
  const auto violations = definition.data.input_schema->validate(Json::object());
  if (violations.empty()) return;
  context.report.warning("never-starts", *schedule,
                         fmt::format("starts executions with the input {{}}, which input.schema refuses: the input {}",
                                     violations.front().message));
}

}  // namespace

void check_starts(LoadContext& context, const Node& root, const Definition& definition) {
  if (!definition.schedule) return;
  const auto* on = std::get_if<Schedule::On>(&definition.schedule->kind);
  if (on == nullptr) return check_input_of_times(context, root, definition);
  for (const auto& [path, step] : definition.by_path) {
    if (!std::holds_alternative<EmitStep>(step->kind)) continue;
    const Node* emit = node_at(root, step->pointer).find("emit");
    const Node* event = emit == nullptr ? nullptr : emit->find("event");
    const Node* with = event == nullptr ? nullptr : event->find("with");
    if (with == nullptr || !with->is_map()) continue;
    const Json attributes = literal_attributes(*with);
    const auto wanted = std::views::take(on->patterns, on->wanted);
    if (std::ranges::none_of(wanted, [&](const auto& pattern) { return pattern.filter.matches(attributes); })) continue;
    context.report.warning(
        "starts-itself", *with,
        fmt::format("is an event that this workflow's own schedule.on starts it for; such a chain ends after {} "
                    "executions",
                    limits::kRunDepthMax));
  }
}

}  // namespace skald::definition
