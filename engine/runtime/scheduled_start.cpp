#include "engine/runtime/scheduled_start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/cloud_event.hpp"
#include "engine/base/limits.hpp"
#include "engine/definition/digest.hpp"
#include "engine/runtime/engine_keys.hpp"
#include "engine/runtime/start.hpp"

namespace skald::runtime {

StartCommand scheduled_start(const definition::Definition& definition, std::string key, Payload input) {
  return {.namespace_name = definition.namespace_name,
          .workflow = definition.name,
          .version = definition.version,
          .input = std::move(input),
          .labels = {},
          .idempotency_key = std::move(key),
          .fingerprint = "schedule",
          .actor = "schedule"};
}

StartCommand start_at(const definition::Definition& definition, Timestamp due) {
  return scheduled_start(
      definition,
      std::string(kScheduleKey) + definition.namespace_name + "/" + definition.name + "/" + format_rfc3339(due),
      Payload::from_trusted_text("{}"));
}

EventStarts starts_for(const Definitions& definitions, const Json& event) {
  EventStarts starts;
  for (const auto& definition : *definitions.scheduled()) {
    const auto* on = std::get_if<definition::Schedule::On>(&definition->schedule->kind);
    auto match = on == nullptr ? std::nullopt : match_event(*on, event);
    if (!match) continue;
    if (!on->collects()) {
      starts.alone.push_back(start_by(*definition, Json::array({event})));
      continue;
    }
    ports::CollectionKey key{.workflow = {.namespace_name = definition->namespace_name, .name = definition->name},
                             .key = on->shape + "/" + match->key};
    starts.together.push_back({.definition = definition, .key = std::move(key), .match = std::move(*match)});
  }
  return starts;
}

StartCommand start_by(const definition::Definition& definition, const Json& events) {
  std::string ids;
  std::uint32_t depth = 0;
  for (const auto& event : events) {
    // Neither may be short enough for an index, and a line break stands in neither.
    if (!ids.empty()) ids += "\n";
    ids += event.at("source").get<std::string>() + "\n" + event.at("id").get<std::string>();
    depth = std::max(depth, depth_of_event(event) + 1);
  }
  auto start = scheduled_start(definition, std::string(kScheduleKey) + "event/" + definition::sha256_hex(ids),
                               Payload::from_trusted_text(dump_json(events)));
  start.depth = depth;
  return start;
}

Result<void> check_depth(const StartCommand& command) {
  if (command.depth <= limits::kRunDepthMax) return {};
  return failure("schedule.too_deep",
                 fmt::format("the event comes from an execution at the end of a chain of {} that run or start each "
                             "other, which is the most",
                             limits::kRunDepthMax),
                 command.namespace_name + "/" + command.workflow,
                 "see whether these workflows start each other without end; where they are to, start them by time");
}

bool may_pass(const Error& error) {
  constexpr std::string_view kOfNow[] = {"engine.", "store.", "workflow.", "definition."};
  return std::ranges::any_of(kOfNow, [&](std::string_view prefix) { return error.code.starts_with(prefix); });
}

std::string_view result_of(const Started& started) {
  return started.existing ? "repeated" : "started";
}

void log_refused_start(ports::Log& log, const ports::WorkflowName& workflow, const Error& error) {
  const auto text = refusal_text(error);
  log.write(ports::LogLevel::kWarning, "a start by the schedule of a workflow was refused",
            {{"namespace", workflow.namespace_name}, {"workflow", workflow.name}, {"error", text}});
}

}  // namespace skald::runtime
