// The current definitions in memory, ordered: workflows, and the versions of each by precedence.
//
// A plain container; its owner guards it.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/definition/semantic_version.hpp"
#include "engine/runtime/definitions.hpp"

namespace skald::runtime {

class DefinitionShelf {
 public:
  void put(RegisteredDefinition definition);
  void remove(const std::string& namespace_name, const std::string& name, const std::string& version);

  // Whether a start without a version prefers `a`: releases first, then the higher one.
  static bool is_chosen_before(const std::string& a, const std::string& b);

  // Null where there is none.
  const RegisteredDefinition* find(const std::string& namespace_name, const std::string& name,
                                   const std::string& version) const;
  // The highest release, else the highest pre-release; null for an unknown workflow.
  const RegisteredDefinition* highest(const std::string& namespace_name, const std::string& name) const;

  // Of each workflow, by namespace and name.
  std::vector<const RegisteredDefinition*> list_highest() const;
  // By namespace, name, and version descending.
  std::vector<RegisteredDefinition> list() const;
  std::size_t size() const;

 private:
  // Highest first; versions of equal precedence (build metadata) by their text, later ones first.
  struct Descending {
    bool operator()(const std::string& a, const std::string& b) const;
  };
  using Versions = std::map<std::string, RegisteredDefinition, Descending>;

  std::map<std::pair<std::string, std::string>, Versions> workflows_;
};

}  // namespace skald::runtime
