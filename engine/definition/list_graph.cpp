#include "engine/definition/list_graph.hpp"

#include <algorithm>

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

// Whether hooks may leave out the step that they stand around.
bool goes_past(const DoStep& list) {
  const ListGraph graph(list.steps);
  return !graph.always_passes(*list.hooked, graph.end());
}

// Of a step between hooks; where a `switch` does not say where the flow goes on, the list around it does.
std::vector<std::string> directives_between_hooks(const Step& list, const Step& hooked) {
  const auto& kind = std::get<DoStep>(list.kind);
  std::vector<std::string> directives = directives_of(hooked);
  const bool is_silent = !is_switch(hooked);
  if (is_silent) std::erase(directives, "");
  if (is_silent || goes_past(kind)) directives.push_back(list.then);
  std::ranges::sort(directives);
  directives.erase(std::ranges::unique(directives).begin(), directives.end());
  return directives;
}

}  // namespace

std::vector<std::string> directives_of(const Step& step) {
  if (const Step* hooked = hooked_step(step)) return directives_between_hooks(step, *hooked);
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

bool always_fails(const Step& step) {
  if (const Step* hooked = hooked_step(step)) {
    return always_fails(*hooked) && !goes_past(std::get<DoStep>(step.kind));
  }
  return std::holds_alternative<RaiseStep>(step.kind) && step.on_error != OnError::kContinue;
}

std::size_t place_of(std::span<const Step> list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const Step& step) { return step.name == name; });
  return static_cast<std::size_t>(found - list.begin());
}

std::size_t place_behind(std::span<const Step> list, std::size_t place, std::string_view then) {
  if (then == kThenEnd || then == kThenCompensate) return list.size();
  // Where a step between hooks sends the flow, its list goes when the hooks are through.
  const bool has_hooks = place < list.size() && list[place].given.is_input_around;
  if (then.empty() || has_hooks) return std::min(place + 1, list.size());
  if (then == kThenExit) return list.size();
  if (then != kThenHooked) return place_of(list, then);
  const auto hooked = std::ranges::find_if(list, [](const Step& step) { return step.given.is_input_around; });
  return static_cast<std::size_t>(hooked - list.begin());
}

ListGraph::ListGraph(std::span<const Step> list, bool with_ends) : list_(list), next_(list.size()) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Step& step = list[i];
    if (step.condition) next_[i].push_back(i + 1);  // one that is skipped sends nobody elsewhere
    if (with_ends && may_end_the_workflow(step)) next_[i].push_back(end());
    if (step.given.is_input_around) {
      next_[i].push_back(i + 1);
      continue;
    }
    if (always_fails(step)) continue;
    for (const std::string& then : directives_of(step)) {
      if (then != kThenEnd && then != kThenCompensate) next_[i].push_back(place_behind(list, i, then));
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
