#include <fmt/format.h>

#include "engine/definition/check.hpp"
#include "engine/definition/list_graph.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/step_lists.hpp"

namespace skald::definition {
namespace {

class FlowCheck {
 public:
  FlowCheck(LoadContext& context, const Node& root, const Definition& definition)
      : context_(context), root_(root), definition_(definition) {}

  // `hooked`: the place of the step that the others are hooks of. It, and what stands behind it, was put there by the
  // loader: an extension is not at fault where it goes past the step, or where the step always fails.
  void check_list(const std::vector<Step>& list, std::optional<std::size_t> hooked = {}) {
    std::vector<std::size_t> begins = {0};
    if (hooked) begins.insert(begins.end(), {*hooked, *hooked + 1});
    const auto reached = ListGraph(list).reached_from(std::move(begins));
    for (std::size_t i = 0; i < list.size(); ++i) {
      check_targets(list, list[i]);
      if (i > 0 && reached[i - 1] && !reached[i]) report_unreachable(list[i - 1], list[i]);
      check_inside(list[i]);
    }
  }

 private:
  void check_inside(const Step& step) {
    const auto* sequence = std::get_if<DoStep>(&step.kind);
    const auto hooked = sequence != nullptr ? sequence->hooked : std::nullopt;
    for_each_list(step, [&](ListRole role, const std::vector<Step>& list) {
      if (role != ListRole::kBranches && role != ListRole::kRace) return check_list(list, hooked);
      for (const Step& branch : list) check_inside(branch);
    });
    if (step.compensate) check_inside(*step.compensate);
  }

  void report_unreachable(const Step& before, const Step& step) {
    context_.report.error_at(
        "unreachable-step", node_at(root_, step.pointer), step.mark,
        always_fails(before)
            ? fmt::format("is never reached: step '{}' before it always fails", before.name)
            : fmt::format("is never reached: '{}' before it always goes on elsewhere, and no 'then' leads here",
                          before.name));
  }

  // Of the step's own `then` and of every case of a `switch`.
  void check_targets(const std::vector<Step>& list, const Step& step) {
    if (step.given.is_input_around) return;  // they stand in the list around
    const Node& body = node_at(root_, step.pointer);
    if (const Node* then = body.find("then")) check_target(list, *then, step.then);
    const Node* cases = body.find("switch");
    if (cases == nullptr || !cases->is_sequence()) return;
    for (const Node& item : cases->items) {
      const Node* then = item.is_map() && item.items.size() == 1 ? item.items[0].find("then") : nullptr;
      if (then != nullptr && then->is_string()) check_target(list, *then, then->text);
    }
  }

  void check_target(const std::vector<Step>& list, const Node& node, const std::string& then) {
    if (then == kThenCompensate && place_of(list, then) != list.size()) {
      context_.report.error("ambiguous-target", node,
                            "is 'compensate', which undoes the workflow, and the name of a step of this list as well; "
                            "give the step another name");
    }
    if (then.empty() || then == "continue" || then == kThenExit || then == kThenEnd || then == kThenCompensate) return;
    if (place_of(list, then) != list.size()) return;
    for (const auto& [path, step] : definition_.by_path) {
      if (step->name != then) continue;
      context_.report.error(
          "unknown-target", node,
          fmt::format("is '{}', which stands in another list; a flow goes on in its own list only", then));
      return;
    }
    std::vector<std::string> names = {"continue", "exit", "end", "compensate"};
    for (const Step& step : list) names.push_back(step.name);
    context_.report.error(
        "unknown-target", node,
        fmt::format("is '{}', but no step of this list has that name{}", then, context_.report.hint(then, names)));
  }

  LoadContext& context_;
  const Node& root_;
  const Definition& definition_;
};

}  // namespace

void check_flow(LoadContext& context, const Node& root, const Definition& definition) {
  FlowCheck(context, root, definition).check_list(definition.steps);
}

}  // namespace skald::definition
