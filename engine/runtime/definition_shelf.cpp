#include "engine/runtime/definition_shelf.hpp"

namespace skald::runtime {
namespace {

bool is_release(const std::string& version) {
  const auto parsed = definition::parse_semantic_version(version);
  return parsed && parsed->is_release();
}

}  // namespace

// The loader refuses what is no semantic version; should a store hold one anyway, it sorts below all others.
bool DefinitionShelf::Descending::operator()(const std::string& a, const std::string& b) const {
  const auto left = definition::parse_semantic_version(a);
  const auto right = definition::parse_semantic_version(b);
  if (left.has_value() != right.has_value()) return left.has_value();
  if (left && right) {
    const auto order = definition::compare(*left, *right);
    if (order != 0) return order > 0;
  }
  return a > b;
}

bool DefinitionShelf::is_chosen_before(const std::string& a, const std::string& b) {
  return is_release(a) != is_release(b) ? is_release(a) : Descending()(a, b);
}

void DefinitionShelf::put(RegisteredDefinition definition) {
  const auto& d = *definition.definition;
  auto& versions = workflows_[{d.namespace_name, d.name}];
  versions.insert_or_assign(d.version, std::move(definition));
}

void DefinitionShelf::remove(const std::string& namespace_name, const std::string& name, const std::string& version) {
  const auto workflow = workflows_.find({namespace_name, name});
  if (workflow == workflows_.end()) return;
  workflow->second.erase(version);
  if (workflow->second.empty()) workflows_.erase(workflow);
}

const RegisteredDefinition* DefinitionShelf::find(const std::string& namespace_name, const std::string& name,
                                                  const std::string& version) const {
  const auto workflow = workflows_.find({namespace_name, name});
  if (workflow == workflows_.end()) return nullptr;
  const auto it = workflow->second.find(version);
  return it == workflow->second.end() ? nullptr : &it->second;
}

const RegisteredDefinition* DefinitionShelf::highest(const std::string& namespace_name, const std::string& name) const {
  const auto workflow = workflows_.find({namespace_name, name});
  if (workflow == workflows_.end()) return nullptr;
  for (const auto& [version, registered] : workflow->second) {
    if (is_release(version)) return &registered;
  }
  return &workflow->second.begin()->second;
}

std::vector<const RegisteredDefinition*> DefinitionShelf::list_highest() const {
  std::vector<const RegisteredDefinition*> all;
  for (const auto& [workflow, versions] : workflows_) all.push_back(highest(workflow.first, workflow.second));
  return all;
}

std::vector<RegisteredDefinition> DefinitionShelf::list() const {
  std::vector<RegisteredDefinition> all;
  for (const auto& [workflow, versions] : workflows_) {
    for (const auto& [version, registered] : versions) all.push_back(registered);
  }
  return all;
}

std::size_t DefinitionShelf::size() const {
  std::size_t count = 0;
  for (const auto& [workflow, versions] : workflows_) count += versions.size();
  return count;
}

}  // namespace skald::runtime
