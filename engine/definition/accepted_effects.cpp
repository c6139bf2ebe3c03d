#include "engine/definition/accepted_effects.hpp"

#include "engine/definition/read_values.hpp"
#include "engine/definition/yaml_tree.hpp"

namespace skald::definition {
namespace {

const Node* find_below(const Node& step, std::initializer_list<std::string_view> keys) {
  const Node* node = &step;
  for (const auto key : keys) {
    node = node->find(key);
    if (node == nullptr) return nullptr;
  }
  return node;
}

}  // namespace

std::map<std::string, std::string> accepted_effects(const Definition& definition) {
  const SourceText source(definition.source);
  const YamlTree tree = read_yaml(source);
  std::map<std::string, std::string> accepted;
  for (const auto& [path, step] : definition.by_path) {
    const Node* reason = find_below(node_at(tree.root, step->pointer), {"metadata", "skald", "mayStand"});
    if (reason != nullptr && reason->is_string()) accepted[path] = reason->text;
  }
  return accepted;
}

}  // namespace skald::definition
