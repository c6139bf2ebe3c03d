#include "engine/definition/steps/run.hpp"

#include <array>

#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

constexpr std::array<std::string_view, 3> kProcesses = {"container", "script", "shell"};
constexpr std::string_view kNoProcesses = "no process is started next to the engine; call a service instead";

std::string read_name(LoadContext& context, const Node* node) {
  return node == nullptr ? std::string() : read_document_name(context, *node).value_or("");
}

// "latest" and none are the same.
std::string read_version(LoadContext& context, const Node* node) {
  if (node == nullptr) return {};
  if (node->is_string() && node->text == "latest") return {};
  return read_version_text(context, *node, "must be 'latest' or a semantic version such as '1.0.0'").value_or("");
}

}  // namespace

std::optional<Step::Kind> read_run(LoadContext& context, MapReader&, const Node& value, const Scope& scope) {
  MapReader run(context, value);
  bool refused = false;
  for (const auto process : kProcesses) refused = run.refuse_for_good(process, kNoProcesses) || refused;
  const Node* workflow = refused ? run.take("workflow") : run.require("workflow");
  WorkflowRun made;
  if (const Node* node = run.take("await")) made.awaited = read_flag(context, *node).value_or(true);
  run.refuse_for_good("return", "it is for processes; a workflow returns its output");
  run.finish();
  if (workflow == nullptr) return std::nullopt;
  MapReader target(context, *workflow);
  made.namespace_name = read_name(context, target.require("namespace"));
  made.workflow = read_name(context, target.require("name"));
  made.version = read_version(context, target.take("version"));
  if (const Node* node = target.take("input")) {
    made.input = read_template(context, *node, scope, Slot::kArguments);
    if (!made.input) return std::nullopt;
  }
  target.finish();
  return CallStep{std::move(made)};
}

}  // namespace skald::definition
