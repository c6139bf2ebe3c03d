#include "engine/runtime/start.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/limits.hpp"

namespace skald::runtime {

Result<void> check_input(const definition::Definition& definition, const Payload& input) {
  if (!definition.data.input_schema) return {};
  const auto violations = definition.data.input_schema->validate(input.json());
  if (violations.empty()) return {};
  Json detail = Json::array();
  for (const auto& violation : violations) {
    detail.push_back({{"pointer", violation.pointer}, {"detail", violation.message}});
  }
  return failure("input.invalid", "the input does not match the schema of the workflow",
                 violations.front().pointer.empty() ? "/" : violations.front().pointer, {}, dump_json(detail));
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
                             .replay_of = std::nullopt};
}

std::unique_ptr<NewStart> plan_start(StartCommand command, definition::DefinitionPtr definition, const ExecutionId& id,
                                     Timestamp at) {
  auto start = std::make_unique<NewStart>();
  start->row = new_row(*definition, id, at, command.labels);
  start->row.idempotency_key = std::move(command.idempotency_key);
  start->row.idempotency_fingerprint = std::move(command.fingerprint);
  start->definition = std::move(definition);
  start->input.actor = std::move(command.actor);
  start->input.what = saga::StartExecution{
      .input = std::move(command.input), .labels = std::move(command.labels), .replay_of = std::nullopt, .reused = {}};
  return start;
}

}  // namespace skald::runtime
