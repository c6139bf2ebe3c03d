#include "engine/definition/read_extension.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "engine/definition/body_budget.hpp"
#include "engine/definition/list_graph.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_step.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/step_lists.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

constexpr std::string_view kAsksBefore = "whether-before";
constexpr std::string_view kAsksAfter = "whether-after";

Extension read_extension(LoadContext& context, const Node& node) {
  constexpr std::array<std::string_view, 12> kKinds = {"call", "composite", "emit",   "for", "listen", "raise",
                                                       "run",  "set",       "switch", "try", "wait",   "all"};
  Extension extension;
  MapReader map(context, node);
  if (const Node* extend = map.require("extend")) {
    const auto choice = read_choice(context, *extend,
                                    {kKinds[0], kKinds[1], kKinds[2], kKinds[3], kKinds[4], kKinds[5], kKinds[6],
                                     kKinds[7], kKinds[8], kKinds[9], kKinds[10], kKinds[11]});
    if (choice) extension.kind = kKinds[*choice];
  }
  extension.when = map.take("when");
  extension.before = map.take("before");
  extension.after = map.take("after");
  map.finish();
  if (extension.before == nullptr && extension.after == nullptr && node.is_map()) {
    context.report.error("missing-key", node, "needs the key 'before' or 'after': steps around those that it extends");
  }
  return extension;
}

std::string_view kind_of(const Node& body) {
  std::string_view found;
  for (const StepKind& kind : step_kinds()) {
    if (body.find(kind.key) == nullptr) continue;
    if (found.empty() || kind.takes == found) found = kind.key;
  }
  return found;
}

bool extends(const Extension& extension, std::string_view kind) {
  if (extension.kind == "composite") return kind == "do" || kind == "fork";
  return !kind.empty() && (extension.kind == "all" || extension.kind == kind);
}

// A step that sends the flow on to `otherwise` unless the extension's condition holds.
Step read_question(LoadContext& context, const Node& when, const Scope& around, std::string_view name,
                   std::string otherwise) {
  Step step;
  step.name = name;
  step.path = around.step + "." + step.name;
  step.pointer = pointer_of(when);
  step.mark = when.mark;
  Scope scope = around;
  scope.step = step.path;
  SwitchStep cases;
  cases.cases.push_back(
      {.name = "applies", .when = read_expression(context, when, scope, Slot::kCondition), .then = {}});
  cases.cases.push_back({.name = "otherwise", .when = std::nullopt, .then = std::move(otherwise)});
  step.kind = std::move(cases);
  return step;
}

class HookedList {
 public:
  HookedList(LoadContext& context, const Extension& extension, const Scope& around, const Step& owner)
      : context_(context), extension_(extension), inside_(around) {
    inside_.step = owner.path;
    inside_.is_hook = true;
    inside_.is_lane = inside_.is_branch = false;
    inside_.extended.clear();
  }

  void add_hooks(const Node* hooks, std::string_view question, std::string otherwise) {
    if (hooks == nullptr) return;
    if (extension_.when != nullptr) {
      steps_.push_back(read_question(context_, *extension_.when, inside_, question, std::move(otherwise)));
    }
    for (Step& step : read_step_list(context_, *hooks, inside_)) add(*hooks, std::move(step));
  }

  void add(const Node& place, Step step) {
    const bool is_taken = std::ranges::any_of(steps_, [&](const Step& other) { return other.name == step.name; });
    if (is_taken) {
      context_.report.error_at("duplicate-step", place, step.mark,
                               fmt::format("duplicate step name '{}': the steps of 'before' and 'after' stand in one "
                                           "list with the step that they extend, and with '{}' and '{}'",
                                           step.name, kAsksBefore, kAsksAfter));
    }
    steps_.push_back(std::move(step));
  }

  std::size_t size() const { return steps_.size(); }
  std::vector<Step> take() { return std::move(steps_); }

 private:
  LoadContext& context_;
  const Extension& extension_;
  Scope inside_;
  std::vector<Step> steps_;
};

// The first of them is the outermost.
void read_extended(LoadContext& context, const Node& body, const Scope& around, Step& step,
                   std::span<Extension* const> extensions) {
  if (extensions.empty()) return read_step_body(context, body, around, step);
  Extension& extension = *extensions.front();
  extension.is_used = true;
  for (const Node* hooks : {extension.before, extension.after}) {
    if (hooks != nullptr && !charge_body(context, *hooks, *hooks)) return read_step_body(context, body, around, step);
  }
  Step own;
  own.name = step.name;
  own.path = step.path + "." + step.name;
  own.given.is_input_around = true;
  if (is_too_deep(context, body, own.path)) return read_step_body(context, body, around, step);
  Scope inside = around;
  if (inside.extended.empty()) inside.extended = step.path;
  read_extended(context, body, inside, own, extensions.subspan(1));
  step.pointer = own.pointer;
  step.mark = own.mark;
  step.condition = std::exchange(own.condition, std::nullopt);
  step.then = own.then;
  // A `switch` has said where the flow goes on, also where that is no other place than the next.
  if (!is_switch(own)) own.then.clear();
  HookedList list(context, extension, around, step);
  list.add_hooks(extension.before, kAsksBefore, std::string(kThenHooked));
  const std::size_t place = list.size();
  list.add(body, std::move(own));
  list.add_hooks(extension.after, kAsksAfter, std::string(kThenExit));
  step.kind = DoStep{.steps = list.take(), .hooked = place};
}

}  // namespace

void read_extensions(LoadContext& context, const Node* node) {
  if (node == nullptr) return;
  if (!node->is_sequence()) {
    return context.report.error("wrong-type", *node,
                                fmt::format("must be a list of extensions, each '- name: ...' (got {})", show(*node)));
  }
  for (const Node& item : node->items) {
    if (is_list_item(context, item, "extension")) context.extensions.push_back(read_extension(context, item.items[0]));
  }
}

void read_listed_step(LoadContext& context, const Node& body, const Scope& around, Step& step) {
  std::vector<Extension*> found;
  const bool is_extended = !around.is_hook && !around.is_undo;
  for (Extension& extension : context.extensions) {
    if (is_extended && extends(extension, kind_of(body))) found.push_back(&extension);
  }
  read_extended(context, body, around, step, found);
}

void check_unused_extensions(LoadContext& context) {
  for (const Extension& extension : context.extensions) {
    if (extension.is_used) continue;
    const std::size_t sites = context.sites.size();
    Step nobody;
    nobody.name = nobody.path = "nobody";
    HookedList list(context, extension, {}, nobody);
    list.add_hooks(extension.before, kAsksBefore, {});
    list.add_hooks(extension.after, kAsksAfter, {});
    context.sites.erase(context.sites.begin() + static_cast<std::ptrdiff_t>(sites),
                        context.sites.end());  // what they may look at is known where they stand
  }
}

}  // namespace skald::definition
