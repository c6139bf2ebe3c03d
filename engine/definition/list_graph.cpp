#include "engine/definition/list_graph.hpp"

#include <algorithm>
#include <unordered_map>

#include "engine/definition/step_lists.hpp"

namespace skald::definition {

namespace {

// By a `then: end` of its own, or of a step inside.
bool may_end_the_workflow(const Step& step) {
  const auto directives = directives_of(step);
  bool found = std::find(directives.begin(), directives.end(), kThenEnd) != directives.end();
  for_each_list(step, [&](ListRole, const std::vector<Step>& list) {
    found = found || std::any_of(list.begin(), list.end(), may_end_the_workflow);
  });
  return found;
}

}  // namespace

std::vector<std::string> directives_of(const Step& step) {
  if (const Step* hooked = hooked_step(step)) {
    std::vector<std::string> directives = {step.then};
    for (std::string& one : directives_of(*hooked)) {
      if (!one.empty()) directives.push_back(std::move(one));
    }
    return directives;
  }
  const auto* choice = std::get_if<SwitchStep>(&step.kind);
  if (choice == nullptr) return {step.then};
  std::vector<std::string> directives;
  bool has_default = false;
  for (const SwitchCase& one : choice->cases) {
    directives.push_back(one.then);
    has_default = has_default || !one.when;
  }
  // Where no case holds; and where a condition fails, and the failure is passed over.
  if (!has_default || step.on_error == OnError::kContinue) directives.push_back(step.then);
  return directives;
}

std::size_t place_of(std::span<const Step> list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const Step& step) { return step.name == name; });
  return static_cast<std::size_t>(found - list.begin());
}

ListGraph::ListGraph(const std::vector<Step>& list, bool with_ends) : list_(list), next_(list.size()) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < list.size(); ++i) places.emplace(list[i].name, i);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Step& step = list[i];
    const bool always_fails = std::holds_alternative<RaiseStep>(step.kind) && step.on_error != OnError::kContinue;
    if (step.condition) next_[i].push_back(i + 1);  // one that is skipped sends nobody elsewhere
    if (with_ends && may_end_the_workflow(step)) next_[i].push_back(end());
    if (always_fails) continue;
    // Where a step between hooks sends the flow, its list goes when the hooks are through.
    const auto directives = step.given.is_input_around ? std::vector<std::string>{""} : directives_of(step);
    for (const std::string& then : directives) {
      const auto target = places.find(then);
      if (then.empty()) {
        next_[i].push_back(i + 1);
      } else if (then == kThenExit) {
        next_[i].push_back(end());
      } else if (then != kThenEnd && then != kThenCompensate && target != places.end()) {
        next_[i].push_back(target->second);
      }
    }
  }
}

std::vector<bool> ListGraph::reached_from(std::vector<std::size_t> from, std::size_t without) const {
  std::vector<bool> seen(list_.size() + 1, false);
  std::vector<std::size_t> open;
  const auto visit = [&](std::size_t at) {
    if (at == without || seen[at]) return;
    seen[at] = true;
    if (at != end()) open.push_back(at);
  };
  for (const std::size_t at : from) visit(at);
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    for (const std::size_t next : next_[at]) visit(next);
  }
  return seen;
}

bool ListGraph::reaches(std::size_t place, std::size_t without) const {
  return reached_from({0}, without)[place];
}

bool ListGraph::returns_to(std::size_t step) const {
  return reached_from(next_[step], list_.size() + 1)[step];
}

}  // namespace skald::definition
