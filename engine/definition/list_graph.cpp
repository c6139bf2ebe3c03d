#include "engine/definition/list_graph.hpp"

#include <algorithm>

namespace skald::definition {

std::vector<std::string> directives_of(const Step& step) {
  const auto* choice = std::get_if<SwitchStep>(&step.kind);
  if (choice == nullptr) return {step.then};
  std::vector<std::string> directives;
  bool has_default = false;
  for (const SwitchCase& one : choice->cases) {
    directives.push_back(one.then);
    has_default = has_default || !one.when;
  }
  if (!has_default) directives.push_back(step.then);
  return directives;
}

std::size_t place_of(std::span<const Step> list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const Step& step) { return step.name == name; });
  return static_cast<std::size_t>(found - list.begin());
}

ListGraph::ListGraph(const std::vector<Step>& list) : list_(list), next_(list.size()) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Step& step = list[i];
    const bool always_fails = std::holds_alternative<RaiseStep>(step.kind) && step.on_error != OnError::kContinue;
    if (step.condition) next_[i].push_back(i + 1);  // one that is skipped sends nobody elsewhere
    if (always_fails) continue;
    for (const std::string& then : directives_of(step)) {
      if (then.empty()) {
        next_[i].push_back(i + 1);
      } else if (then == kThenExit) {
        next_[i].push_back(end());
      } else if (then != kThenEnd && then != kThenCompensate && place_of(list, then) != end()) {
        next_[i].push_back(place_of(list, then));
      }
    }
  }
}

bool ListGraph::reaches(std::size_t place, std::size_t without) const {
  std::vector<bool> seen(list_.size() + 1, false);
  std::vector<std::size_t> open;
  const auto visit = [&](std::size_t at) {
    if (at == without || seen[at]) return;
    seen[at] = true;
    if (at != end()) open.push_back(at);
  };
  visit(0);
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    for (const std::size_t next : next_[at]) visit(next);
  }
  return seen[place];
}

}  // namespace skald::definition
