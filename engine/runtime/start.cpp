#include "engine/runtime/start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/limits.hpp"
#include "engine/runtime/unique_key.hpp"

namespace skald::runtime {

Result<void> check_input(const definition::Definition& definition, const Payload& input) {
  if (!definition.data.input_schema) return {};
  const auto violations = definition.data.input_schema->validate(input.json());
  if (violations.empty()) return {};
  Json detail = Json::array();
  for (const auto& violation : violations) {
    detail.push_back({{"pointer", violation.pointer}, {"detail", violation.message}});
  }
  const bool one = violations.size() == 1;
  return failure(
      "input.invalid",
      one ? "the input does not match the schema of the workflow"
          : fmt::format("the input does not match the schema of the workflow at {} places", violations.size()),
      one ? violations.front().pointer : "", {}, dump_json(detail));
}

std::string refusal_text(const Error& error) {
  const auto places = error.code == "input.invalid" ? parse_json(error.detail) : Result<Json>(Json());
  if (!places || !places->is_array()) return to_text(error);
  std::string text = error.message;
  const char* mark = ": ";
  for (const auto& place : *places) {
    const auto pointer = place.at("pointer").get<std::string>();
    text += std::exchange(mark, "; ") + (pointer.empty() ? "" : pointer + ' ') + place.at("detail").get<std::string>();
  }
  return text;
}

Result<void> check_run(const StartCommand& command, const definition::Definition& definition) {
  if (!command.run || command.run->may_have_pivot) return {};
  const auto pivot = std::ranges::find_if(definition.by_path, [](const auto& step) { return step.second->pivot; });
  if (pivot == definition.by_path.end()) return {};
  return failure(
      "workflow.pivot",
      fmt::format("the workflow has a pivot, '{}', and the step that runs it says nothing of one", pivot->first),
      fmt::format("{}/{}:{}", definition.namespace_name, definition.name, definition.version),
      "say `pivot: true` at that step: once the workflow has completed, nothing before it is undone");
}

ports::NewExecution new_row(const definition::Definition& definition, const ExecutionId& id, Timestamp at,
                            std::map<std::string, std::string> labels) {
  return ports::NewExecution{.namespace_name = definition.namespace_name,
                             .workflow = definition.name,
                             .version = definition.version,
                             .digest = definition.digest,
                             .shard = shard_of(id),
                             .started_at = at,
                             .labels = std::move(labels),
                             .idempotency_key = std::nullopt,
                             .idempotency_fingerprint = {},
                             .replay_of = std::nullopt,
                             .parent = std::nullopt,
                             .unique = std::nullopt};
}

Result<std::unique_ptr<NewStart>> plan_start(const StartCommand& command, definition::DefinitionPtr definition,
                                             const ExecutionId& id, Timestamp at) {
  auto start = std::make_unique<NewStart>();
  start->row = new_row(*definition, id, at, command.labels);
  start->row.idempotency_key = command.idempotency_key;
  start->row.idempotency_fingerprint = command.fingerprint;
  start->input.actor = command.actor;
  saga::StartExecution input{.input = command.input, .labels = command.labels, .replay_of = std::nullopt, .reused = {}};
  if (command.run) {
    start->row.parent = command.run->parent.by.execution;
    input.parent = command.run->parent;
    input.timeout = command.run->timeout;
  }
  input.depth = command.depth;
  auto unique = unique_key_of(*definition, input, at);
  if (!unique) return std::unexpected(std::move(unique.error()));
  start->row.unique = std::move(*unique);
  start->definition = std::move(definition);
  start->input.what = std::move(input);
  return start;
}

}  // namespace skald::runtime
