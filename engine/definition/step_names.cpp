#include "engine/definition/step_names.hpp"

namespace skald::definition {
namespace {

// The path of `name` in the list that `scope` (a path, or empty for the workflow) opens.
std::string child_path(std::string_view scope, std::string_view name) {
  return scope.empty() ? std::string(name) : std::string(scope) + "." + std::string(name);
}

}  // namespace

std::string_view enclosing_path(std::string_view path) {
  const std::size_t cut = path.find_last_of("./");
  return cut == std::string_view::npos ? std::string_view() : path.substr(0, cut);
}

bool is_undo_path(std::string_view path) {
  return path.find('/') != std::string_view::npos;
}

ResolvedName resolve_step_name(const Definition& definition, std::string_view from, std::string_view name) {
  std::string_view scope = from;
  do {
    scope = enclosing_path(scope);
    if (const Step* step = definition.find(child_path(scope, name))) return {step, false};
  } while (!scope.empty());
  ResolvedName only;
  for (const auto& [path, step] : definition.by_path) {
    if (step->name != name || is_undo_path(path) || step->given.is_input_around) continue;  // that is the list's name
    if (only.step != nullptr) return {nullptr, true};
    only.step = step;
  }
  return only;
}

}  // namespace skald::definition
