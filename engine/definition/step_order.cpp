#include "engine/definition/step_order.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "engine/definition/step_lists.hpp"
#include "engine/definition/step_names.hpp"

namespace skald::definition {
namespace {

constexpr std::string_view kPassedOver = "the flow may go past it, because of a 'then' before it";

// "a.b.c" -> a, a.b, a.b.c
std::vector<std::string_view> chain_of(std::string_view path) {
  std::vector<std::string_view> chain;
  for (; !path.empty(); path = enclosing_path(path)) chain.insert(chain.begin(), path);
  return chain;
}

// The list a step stands in. None (null): it is an undo as a whole.
struct Place {
  ListRole role = ListRole::kSequence;
  const std::vector<Step>* list = nullptr;
  const Step* parent = nullptr;  // null: the workflow
};

Place place_in_document(const Definition& definition, const Step& step) {
  const Step* parent = definition.find(std::string(enclosing_path(step.path)));
  if (parent == nullptr) return {ListRole::kSequence, &definition.steps, nullptr};
  const auto [role, list] = list_around(*parent, step);
  return {role, list, parent};
}

std::string condition_of(const Step& step) {
  return step.condition ? fmt::format("step '{}' has an 'if'", step.name) : "";
}

// Whether a `try` completes only when its steps have: giving up, it lets the error go on.
bool insists(const Step& step) {
  const auto* attempt = std::get_if<TryStep>(&step.kind);
  return attempt != nullptr && attempt->retry && attempt->handler.empty();
}

}  // namespace

const ListGraph& StepOrder::graph_of(const std::vector<Step>& list, bool with_ends) {
  return graphs_.try_emplace({&list, with_ends}, list, with_ends).first->second;
}

// Why a step may not have ended when the list around it has; `in_iteration`: when this iteration of it has.
std::string StepOrder::why_not_at_end(const Step& step, bool with_ends, bool in_iteration) {
  if (step.condition) return condition_of(step);
  const Place place = place_in_document(definition_, step);
  if (place.list == nullptr) return "";
  switch (place.role) {
    case ListRole::kLoop:
      if (in_iteration) break;
      return fmt::format("'{}' may have nothing to go through", place.parent->name);
    case ListRole::kAttempt:
      if (insists(*place.parent)) break;
      return fmt::format("an error may have ended the steps of '{}' before it", place.parent->name);
    case ListRole::kHandler:
      return fmt::format("it runs only after an error in '{}'", place.parent->name);
    case ListRole::kRace:
      return fmt::format("another branch of '{}' may have won", place.parent->name);
    case ListRole::kBranches:
      return "";
    case ListRole::kSequence:
    case ListRole::kRepeat:
      break;
  }
  const ListGraph& graph = graph_of(*place.list, with_ends);
  return graph.always_passes(place_of(*place.list, step.name), graph.end()) ? "" : std::string(kPassedOver);
}

// Why `other` may not have ended when `mine` begins; both stand directly in the same step, or in the workflow.
std::string StepOrder::why_not_before(const Step& other, const Step& mine) {
  const Place here = place_in_document(definition_, mine);
  const Place there = place_in_document(definition_, other);
  if (here.list == nullptr) return why_not_at_end(other, true);  // mine undoes what other is a part of
  if (here.role == ListRole::kBranches || here.role == ListRole::kRace) return "it runs beside this one";
  if (here.list != there.list) {
    return here.role == ListRole::kHandler ? why_not_at_end(other, false) : "it runs only after an error";
  }
  const ListGraph& graph = graph_of(*here.list, false);
  const std::size_t place = place_of(*here.list, other.name);
  const std::size_t now = place_of(*here.list, mine.name);
  if (!graph.always_passes(place, now)) return place > now ? "it comes later" : std::string(kPassedOver);
  return condition_of(other);
}

std::string StepOrder::why_not_ended(const ExpressionSite& site, const Step& target) {
  switch (site.slot) {
    case Slot::kIteration:
      return why_not_ended(site.scope.step, Moment::kIterationEnds, target);
    case Slot::kOutput:
    case Slot::kWorkflowOutput:
      return why_not_ended(site.scope.step, Moment::kEnds, target);
    default:
      return why_not_ended(site.scope.step, Moment::kBegins, target);
  }
}

std::string StepOrder::why_not_ended(std::string_view at, Moment moment, const Step& target) {
  const auto to = chain_of(target.path);
  const auto from = chain_of(at);
  std::size_t shared = 0;
  while (shared < to.size() && shared < from.size() && to[shared] == from[shared]) ++shared;
  if (shared == to.size()) {
    const bool undoes_it = from.size() > shared && from[shared][to.back().size()] == '/';
    return undoes_it ? "" : "it has not ended here";
  }
  const bool is_inside = shared == from.size();  // the target stands in the step of the expression
  if (is_inside && moment == Moment::kBegins) return "it has not begun here";
  std::size_t inside = shared;
  if (!is_inside) {
    const Step* mine = definition_.find(std::string(from[shared]));
    const Step* other = definition_.find(std::string(to[shared]));
    if (mine == nullptr || other == nullptr) return "";
    if (std::string why = why_not_before(*other, *mine); !why.empty()) return why;
    ++inside;
  }
  for (; inside < to.size(); ++inside) {
    const Step* step = definition_.find(std::string(to[inside]));
    if (step == nullptr) continue;
    const bool in_iteration = moment == Moment::kIterationEnds && is_inside && inside == shared;
    if (std::string why = why_not_at_end(*step, is_inside, in_iteration); !why.empty()) return why;
  }
  return "";
}

}  // namespace skald::definition
