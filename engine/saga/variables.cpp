#include "engine/saga/variables.hpp"

#include <nlohmann/json.hpp>

#include "engine/saga/path.hpp"

namespace skald::saga {
namespace {

// The specification's DateTime descriptor.
Json describe_time(Timestamp at) {
  const auto millis = to_millis(at);
  return {{"iso8601", format_rfc3339(at)}, {"epoch", {{"seconds", millis / 1000}, {"milliseconds", millis}}}};
}

std::string_view describe_status(const StepState& step) {
  switch (step.undo_status) {
    case UndoStatus::kCompleted:
      return "compensated";
    case UndoStatus::kRunning:
    case UndoStatus::kSettling:
    case UndoStatus::kSettled:
      return "compensating";
    case UndoStatus::kNone:
    case UndoStatus::kFailed:
    case UndoStatus::kSkipped:
      break;
  }
  switch (step.status) {
    case StepStatus::kRunning:
      return "running";
    case StepStatus::kCompleted:
      return "completed";
    case StepStatus::kFailed:
      return "faulted";
    case StepStatus::kSkipped:
      return "skipped";
  }
  return "running";
}

Json describe_step(const StepState& step) {
  Json value = {{"status", describe_status(step)},
                {"output", step.output.json()},
                {"error", step.error.json()},
                {"startedAt", describe_time(step.started_at)}};
  if (step.status != StepStatus::kRunning) value["endedAt"] = describe_time(step.ended_at);
  return value;
}

const StepState* child_named(const StepState& parent, std::string_view name) {
  for (auto it = parent.children.rbegin(); it != parent.children.rend(); ++it) {
    if (it->name == name) return &*it;
  }
  return nullptr;
}

const StepState* search_below(const StepState& parent, std::string_view name) {
  for (const auto& child : parent.children) {
    if (child.name == name) return &child;
    if (const StepState* found = search_below(child, name)) return found;
  }
  return nullptr;
}

const Json& null_json() {
  static const Json value = nullptr;
  return value;
}

}  // namespace

std::optional<expression::Environment::Found> Variables::resolve(std::string_view name,
                                                                 std::span<const std::string> fields) const {
  const auto payload = [](const Payload* value) { return Found{value ? &value->json() : &null_json(), 0}; };
  if (name == "workflow") return workflow(fields);
  if (name == "steps") return steps(fields);
  if (name == "context") return payload(&state_.context);
  if (name == "input" && scope_.input) return payload(scope_.input);
  if (name == "output" && scope_.output) return payload(scope_.output);
  if (name == "error" && scope_.error) return payload(scope_.error);
  if ((name == "task" || name == "step") && scope_.step) return step();
  if (name == "compensation" && state_.compensation.state != CompensationState::kNone) return compensation();
  if (name == "runtime") return keep({{"name", "skald"}, {"version", SKALD_VERSION}, {"metadata", Json::object()}}, 0);
  return std::nullopt;
}

expression::Environment::Found Variables::keep(Json value, std::size_t consumed) const {
  return {&made_.emplace_back(std::move(value)), consumed};
}

expression::Environment::Found Variables::workflow(std::span<const std::string> fields) const {
  const std::string_view field = fields.empty() ? std::string_view() : std::string_view(fields[0]);
  if (field == "input") return {&state_.input.json(), 1};
  if (field == "id") return keep(to_string(state_.id), 1);
  if (field == "startedAt") return keep(describe_time(state_.started_at), 1);
  const Json document = {
      {"namespace", definition_.namespace_name}, {"name", definition_.name}, {"version", definition_.version}};
  return keep({{"id", to_string(state_.id)},
               {"input", state_.input.json()},
               {"startedAt", describe_time(state_.started_at)},
               {"labels", state_.labels},
               {"definition", {{"document", document}}}},
              0);
}

expression::Environment::Found Variables::step() const {
  const StepState* instance = find_step(state_, scope_.path);
  Json value = {{"name", scope_.step->name}, {"reference", scope_.step->pointer}};
  if (scope_.input) value["input"] = scope_.input->json();
  if (scope_.output) value["output"] = scope_.output->json();
  if (instance) value["startedAt"] = describe_time(instance->started_at);
  return keep(std::move(value), 0);
}

// The nearest enclosing scope's step of that name, else the only one of the document.
const StepState* Variables::find_visible(std::string_view name) const {
  std::string_view scope = scope_.path;
  while (!scope.empty()) {
    scope = parent_of(scope);
    const StepState* parent = find_step(state_, scope);
    if (!parent) continue;
    if (const StepState* found = child_named(*parent, name)) return found;
  }
  return search_below(state_.root, name);
}

expression::Environment::Found Variables::steps(std::span<const std::string> fields) const {
  if (fields.empty()) {
    Json all = Json::object();
    for (const auto& child : state_.root.children) all[child.name] = describe_step(child);
    return keep(std::move(all), 0);
  }
  const StepState* found = find_visible(fields[0]);
  if (!found) return {&null_json(), fields.size()};
  if (fields.size() > 1 && fields[1] == "output") return {&found->output.json(), 2};
  if (fields.size() > 1 && fields[1] == "error") return {&found->error.json(), 2};
  return keep(describe_step(*found), 1);
}

expression::Environment::Found Variables::compensation() const {
  return keep({{"reason", to_string(state_.compensation.reason)},
               {"failedStep", state_.compensation.failed_step},
               {"error", state_.compensation.error.json()}},
              0);
}

}  // namespace skald::saga
