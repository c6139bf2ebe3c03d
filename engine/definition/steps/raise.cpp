#include "engine/definition/steps/raise.hpp"

#include <fmt/format.h>

#include "engine/definition/read_policies.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

// A definition in `use.errors` belongs to every step that names it, so its expressions are read there without a scope.
std::optional<expression::ValueTemplate> find_error(LoadContext& context, const Node& node) {
  const auto found = context.errors.find(node.text);
  if (found != context.errors.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& entry : context.errors) names.push_back(entry.first);
  context.report.error(
      "unknown-error", node,
      fmt::format("names '{}', which is not in use.errors{}", node.text, context.report.hint(node.text, names)));
  return std::nullopt;
}

}  // namespace

std::optional<Step::Kind> read_raise(LoadContext& context, MapReader&, const Node& value, const Scope& scope) {
  MapReader map(context, value);
  const Node* error = map.require("error");
  map.finish();
  if (error == nullptr) return std::nullopt;
  auto compiled = error->is_string() ? find_error(context, *error) : read_error_object(context, *error, scope);
  if (!compiled) return std::nullopt;
  return RaiseStep{std::move(*compiled)};
}

}  // namespace skald::definition
