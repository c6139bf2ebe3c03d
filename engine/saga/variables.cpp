#include "engine/saga/variables.hpp"

#include <nlohmann/json.hpp>

#include "engine/definition/step_lists.hpp"
#include "engine/definition/step_names.hpp"
#include "engine/saga/callback_token.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/received_events.hpp"

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

// The newest entry; within an iteration, that iteration's.
const StepState* child_named(const StepState& parent, std::string_view name, std::uint32_t round) {
  const bool is_loop = !parent.items.is_null() || !parent.listens.empty();
  for (auto it = parent.children.rbegin(); it != parent.children.rend(); ++it) {
    if (base_name(it->name) == name && (!is_loop || round == 0 || it->round == round)) return &*it;
  }
  return nullptr;
}

const StepState* search_below(const StepState& parent, std::string_view name) {
  for (auto it = parent.children.rbegin(); it != parent.children.rend(); ++it) {
    if (base_name(it->name) == name) return &*it;
    if (const StepState* found = search_below(*it, name)) return found;
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
  if (name == scope_.error_name && scope_.error) return payload(scope_.error);
  if ((name == "task" || name == "step") && scope_.step) return step();
  if (name == "compensation") return compensation();
  if (name == "callbacks") return callback(fields);
  if (name == "runtime") return keep({{"name", "skald"}, {"version", SKALD_VERSION}, {"metadata", Json::object()}}, 0);
  return made_around(name);
}

// The nearest one counts.
std::optional<expression::Environment::Found> Variables::made_around(std::string_view name) const {
  if (scope_.inside != 0) {
    if (auto found = made_by(scope_.path, scope_.inside, name)) return found;
  }
  std::uint32_t round = scope_.round;
  for (std::string_view path = scope_.path; !path.empty(); path = parent_of(path)) {
    if (const StepState* step = find_step(state_, path)) round = step->round;
    if (round == 0) continue;
    if (auto found = made_by(parent_of(path), round, name)) return found;
  }
  return std::nullopt;
}

// What a step makes for those inside it: a loop's item and index, a caught error.
std::optional<expression::Environment::Found> Variables::made_by(std::string_view path, std::uint32_t round,
                                                                 std::string_view name) const {
  const auto* defined = definition_.find(static_path(path));
  const StepState* step = find_step(state_, path);
  if (!defined || !step) return std::nullopt;
  if (const auto* loop = std::get_if<definition::ForStep>(&defined->kind)) {
    if (name == loop->at) return keep(Json(round - 1), 0);
    if (name == loop->each) return Found{&step->items.json().at(round - 1), 0};
  }
  const auto* listen = std::get_if<definition::ListenStep>(&defined->kind);
  if (listen && listen->each) {
    if (name == listen->each->at) return keep(Json(round - 1), 0);
    if (name == listen->each->item) return keep(item_of(*listen, *step, round), 0);
  }
  const auto* attempt = std::get_if<definition::TryStep>(&defined->kind);
  if (attempt && name == attempt->as && round == step->handler_round) return Found{&step->caught.json(), 0};
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
  if (field == "definition") return {&definition_.written.json(), 1};
  return keep({{"id", to_string(state_.id)},
               {"input", state_.input.json()},
               {"startedAt", describe_time(state_.started_at)},
               {"labels", state_.labels},
               {"definition", definition_.written.json()}},
              0);
}

// The list of the step that this one is a hook of; empty where it is none.
std::string_view Variables::hooked_list() const {
  for (std::string_view path = scope_.path; !path.empty(); path = parent_of(path)) {
    const std::string_view list = parent_of(path);
    const auto* defined = list.empty() ? nullptr : definition_.find(static_path(list));
    const auto* hooked = defined ? definition::hooked_step(*defined) : nullptr;
    if (hooked == nullptr) continue;
    return base_name(path.substr(list.size() + 1)) == hooked->name ? std::string_view() : list;
  }
  return {};
}

// What hooks know as $task: the step that they stand around, with its keys in the document.
expression::Environment::Found Variables::hooked_step(std::string_view list) const {
  const auto& defined = *definition_.find(static_path(list));
  Json value = written(defined);
  if (value.is_object()) value["definition"] = written(defined);
  value["name"] = defined.name;
  value["reference"] = defined.pointer;
  if (const StepState* instance = find_step(state_, list)) {
    value["input"] = instance->input.json();
    value["startedAt"] = describe_time(instance->started_at);
    const StepState* own = child_named(*instance, defined.name, 0);
    value["output"] = own ? spoken_for(*own).output.json() : Json();
  }
  return keep(std::move(value), 0);
}

// The step as it stands in the document; null where no expression looks at that.
const Json& Variables::written(const definition::Step& step) const {
  const Json& document = definition_.written.json();
  const Json::json_pointer place(step.pointer);
  return document.is_object() && document.contains(place) ? document[place] : null_json();
}

Payload Variables::raw_input_of_step() const {
  const bool is_hooked = scope_.step->given.is_input_around;
  return is_hooked ? find_step(state_, parent_of(scope_.path))->input : raw_input(state_, scope_.path, scope_.round);
}

expression::Environment::Found Variables::step() const {
  if (const auto list = hooked_list(); !list.empty()) return hooked_step(list);
  const StepState* instance = find_step(state_, scope_.path);
  Json value = {{"name", scope_.step->name}, {"reference", scope_.step->pointer}};
  if (scope_.input) {
    const bool is_changed = !is_in_undo(scope_.path) && !scope_.step->given.arguments;
    value["input"] = is_changed ? raw_input_of_step().json() : scope_.input->json();
  }
  if (const Payload* output = scope_.raw_output ? scope_.raw_output : scope_.output) value["output"] = output->json();
  value["startedAt"] = describe_time(instance ? instance->started_at : scope_.now);
  if (const Json& body = written(*scope_.step); !body.is_null()) value["definition"] = body;
  return keep(std::move(value), 0);
}

// The nearest enclosing scope's step of that name, else the only one of the document.
const StepState* Variables::find_visible(std::string_view name) const {
  std::string_view scope = scope_.path;
  std::uint32_t round = scope_.round;
  const StepState* loop = scope_.inside != 0 ? find_step(state_, scope) : nullptr;
  if (loop && last_entry(*loop, scope_.inside)) {  // where an iteration ends it is that iteration's
    if (const StepState* found = child_named(*loop, name, scope_.inside)) return found;
    if (definition_.find(child_path(static_path(scope), name))) return nullptr;
  }
  while (!scope.empty()) {
    if (const StepState* step = find_step(state_, scope)) round = step->round;
    scope = parent_of(scope);
    const StepState* parent = find_step(state_, scope);
    if (!parent) continue;
    if (const StepState* found = child_named(*parent, name, round)) return found;
    if (definition_.find(child_path(static_path(scope), name))) return nullptr;  // it has not started
  }
  return search_below(state_.root, name);
}

// The newest entry of the step itself where `step` is the list that holds it and its hooks.
const StepState& Variables::between_hooks(const StepState& step) const {
  const auto* defined = definition_.find(static_path(step.path));
  const auto* hooked = defined ? definition::hooked_step(*defined) : nullptr;
  const StepState* own = hooked ? child_named(step, hooked->name, 0) : nullptr;
  return own ? between_hooks(*own) : step;
}

// A list of hooks completes whatever has become of the step that they stand around; what fails it may be a hook.
const StepState& Variables::spoken_for(const StepState& step) const {
  return step.status == StepStatus::kCompleted ? between_hooks(step) : step;
}

Json Variables::describe_step(const StepState& step) const {
  const StepState& own = between_hooks(step);
  const StepState& spoken = spoken_for(step);
  Json value = {{"status", describe_status(own.undo_status == UndoStatus::kNone ? spoken : own)},
                {"output", spoken.output.json()},
                {"error", spoken.error.json()},
                {"startedAt", describe_time(step.started_at)}};
  if (step.status != StepStatus::kRunning) value["endedAt"] = describe_time(step.ended_at);
  return value;
}

expression::Environment::Found Variables::steps(std::span<const std::string> fields) const {
  if (fields.empty()) {
    Json all = Json::object();
    for (const auto& child : state_.root.children) all[std::string(base_name(child.name))] = describe_step(child);
    return keep(std::move(all), 0);
  }
  const StepState* found = find_visible(fields[0]);
  if (!found) return {&null_json(), fields.size()};
  if (fields.size() > 1 && fields[1] == "output") return {&spoken_for(*found).output.json(), 2};
  if (fields.size() > 1 && fields[1] == "error") return {&spoken_for(*found).error.json(), 2};
  return keep(describe_step(*found), 1);
}

std::optional<expression::Environment::Found> Variables::callback(std::span<const std::string> fields) const {
  if (fields.empty()) return std::nullopt;
  const auto resolved = definition::resolve_step_name(definition_, static_path(scope_.path), fields[0]);
  const auto* step = definition::without_hooks(resolved.step);
  if (!step) return std::nullopt;
  const std::string url = state_.callback_url + callback_token(state_, step->path);
  if (fields.size() > 1 && fields[1] == "url") return keep(url, 2);
  return keep({{"url", url}}, 1);
}

std::optional<expression::Environment::Found> Variables::compensation() const {
  const auto describe = [this](const auto& undo) {
    return keep({{"reason", to_string(undo.reason)}, {"failedStep", undo.failed_step}, {"error", undo.error.json()}},
                0);
  };
  if (state_.compensation.state != CompensationState::kNone) return describe(state_.compensation);
  const ScopeUndo* undo = scope_undo_around(state_, scope_.path);
  return undo ? std::optional(describe(*undo)) : std::nullopt;
}

}  // namespace skald::saga
