// Collects the problems of one document and words their subject: "step 'charge': retry.limit.attempt.count ...".
//
// One thread, for the time of one load. Nodes must outlive it.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/definition/load.hpp"
#include "engine/definition/yaml_tree.hpp"

namespace skald::definition {

// Of a map, as candidates for a hint.
template <class Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  return keys;
}

class Report {
 public:
  // Problems at or below `body` name this step.
  void name_step(const Node& body, std::string name);

  // "<subject> <message>" at the node, where the subject is the path of keys from the nearest step or the root.
  void error(std::string_view rule, const Node& node, std::string_view message);
  void warning(std::string_view rule, const Node& node, std::string_view message);

  // "<step prefix><message>", at a place of the caller's choice inside the node.
  void error_at(std::string_view rule, const Node& node, Mark mark, std::string_view message);
  void warning_at(std::string_view rule, const Node& node, Mark mark, std::string_view message);

  // "; did you mean 'x'?", or nothing; `sigil` is what the word is written with, as the dollar of a variable. The first
  // fifty only: more help nobody, and each costs a comparison with every candidate.
  std::string hint(std::string_view word, const std::vector<std::string>& candidates, std::string_view sigil = "");

  // As it stands.
  void add(Diagnostic diagnostic);

  // Takes out the warnings of a rule at `pointer` and below; how many there were.
  std::size_t silence(std::string_view rule, std::string_view pointer);

  bool has_errors() const { return has_errors_; }

  // In document order, each once.
  std::vector<Diagnostic> take();

  // "step 'charge': ", or nothing outside of steps.
  std::string prefix_of(const Node& node) const;
  // "retry.limit.attempt.count"; empty for a step or the root itself.
  std::string path_of(const Node& node) const;

 private:
  void add(Severity severity, std::string_view rule, const Node& node, Mark mark, std::string message);
  std::string subject_of(const Node& node) const;

  std::unordered_map<const Node*, std::string> steps_;
  std::vector<Diagnostic> diagnostics_;
  bool has_errors_ = false;
  std::size_t hints_left_ = 50;
};

}  // namespace skald::definition
