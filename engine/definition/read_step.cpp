#include "engine/definition/read_step.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "engine/base/limits.hpp"
#include "engine/definition/body_budget.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_extension.hpp"
#include "engine/definition/read_policies.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/steps/function_call.hpp"
#include "engine/definition/steps/kinds.hpp"

namespace skald::definition {
namespace {

std::string_view article_of(const StepKind& kind) {
  return kind.key.starts_with('e') ? "an" : "a";
}

// The kind whose key is there; null after reporting that there is none, or more than one.
const StepKind* find_kind(LoadContext& context, MapReader& map) {
  const Node& body = map.node();
  const StepKind* found = nullptr;
  for (const StepKind& kind : step_kinds()) {
    if (map.take(kind.key) == nullptr) continue;
    if (found != nullptr && found->takes == kind.key) continue;
    if (found != nullptr && kind.takes != found->key) {
      context.report.error("two-kinds", body,
                           fmt::format("has both '{}' and '{}'; a step has one kind", found->key, kind.key));
    }
    found = &kind;
  }
  if (found == nullptr && body.is_map()) {
    std::vector<std::string> kinds;
    for (const StepKind& kind : step_kinds()) kinds.emplace_back(kind.key);
    std::string meant;
    for (const std::string& key : body.keys) meant = meant.empty() ? context.report.hint(key, kinds) : meant;
    context.report.error("no-kind", body,
                         fmt::format("has no kind; it needs one of the keys {}{}", fmt::join(kinds, ", "), meant));
  }
  return found;
}

void misplaced(LoadContext& context, const Node& node, std::string_view why) {
  context.report.error("misplaced-key", node, why);
}

std::shared_ptr<const Step> read_compensation(LoadContext& context, const Node& node, const Scope& owner);

// A workflow that was run knows itself what is to be undone, and nothing is settled with it: what became of it is
// known.
void undo_run(Step& step) {
  step.on_unknown = OnUnknown::kCompensate;
  if (step.compensate || step.pivot) return;
  auto undo = std::make_shared<Step>();
  undo->name = "compensate";
  undo->path = step.path + "/compensate";
  undo->pointer = step.pointer;
  undo->mark = step.mark;
  undo->kind = CallStep{RunUndo()};
  step.compensate = std::move(undo);
}

// Keys that concern failure and undoing.
void read_saga_keys(LoadContext& context, MapReader& map, const StepKind* kind, const Scope& scope, Step& step) {
  if (const Node* node = map.take("retry")) {
    step.retry = read_retry(context, *node, scope);
    if (kind != nullptr && !kind->is_call) {
      misplaced(
          context, *node,
          fmt::format("has no meaning on {} '{}' step; it stands on calls and runs", article_of(*kind), kind->key));
    }
  }
  if (const Node* node = map.take("onError")) {
    step.on_error = static_cast<OnError>(read_choice(context, *node, {"fail", "continue", "suspend"}).value_or(0));
    if (step.path.ends_with("/compensate") || (scope.is_undo && step.on_error == OnError::kSuspend)) {
      misplaced(context, *node, "has no meaning here; what follows when an undo fails is saga.compensation.onError");
    }
  }
  if (const Node* node = map.take("pivot")) {
    step.pivot = read_flag(context, *node).value_or(false);
    if (step.pivot && scope.is_undo) misplaced(context, *node, "cannot stand in a compensation");
    if (step.pivot && scope.is_repeated) {
      misplaced(context, *node,
                "cannot stand within 'for', 'foreach', 'try' or 'fork': a workflow passes its pivot once");
    }
    if (step.pivot && kind != nullptr && !kind->is_call) misplaced(context, *node, "stands on calls and runs only");
  }
  if (const Node* node = map.take("onUnknown")) {
    step.on_unknown =
        static_cast<OnUnknown>(read_choice(context, *node, {"settle", "compensate", "suspend"}).value_or(0));
    if (scope.is_undo || (kind != nullptr && (!kind->is_call || kind->key == "run"))) {
      misplaced(context, *node, scope.is_undo ? "has no meaning in a compensation" : "stands on calls only");
    } else if (step.pivot && step.on_unknown != OnUnknown::kSettle && !context.options.is_stored) {
      misplaced(context, *node,
                "cannot say this of a pivot: while nobody knows whether it happened, it is asked again under the same "
                "key; take it away");
    }
  }
  if (const Node* node = map.take("status")) {
    step.status = read_step_status(context, *node);
    if (scope.is_undo) {
      misplaced(context, *node,
                "has no meaning in a compensation; use status.compensating and status.compensated of "
                "the step that is undone");
    }
  }
  if (const Node* node = map.take("compensate")) {
    if (scope.is_undo) {
      misplaced(context, *node, "cannot stand in a compensation: an undo is not undone");
    } else if (kind != nullptr && !kind->can_compensate && map.node().find(kind->holds) == nullptr) {
      misplaced(context, *node,
                fmt::format("cannot stand on {} '{}' step, which has no effect to undo", article_of(*kind), kind->key));
    } else if (step.pivot) {
      misplaced(context, *node, "cannot stand on a pivot: once it completed, nothing is undone");
    }
    step.compensate = read_compensation(context, *node, scope);
  }
}

std::shared_ptr<const Step> read_compensation(LoadContext& context, const Node& node, const Scope& owner) {
  auto undo = std::make_shared<Step>();
  undo->name = "compensate";
  undo->path = owner.step + "/compensate";
  Scope scope = owner;
  scope.step = undo->path;
  scope.is_undo = scope.may_export = true;
  scope.is_repeated = scope.is_beside = scope.is_lane = scope.is_branch = false;
  if (node.is_sequence()) {
    undo->pointer = pointer_of(node);
    undo->mark = node.mark;
    undo->kind = DoStep{.steps = read_step_list(context, node, scope), .hooked = {}};
  } else if (node.is_map()) {
    read_step_body(context, node, scope, *undo);
    const bool undoes = std::holds_alternative<CallStep>(undo->kind) || std::holds_alternative<DoStep>(undo->kind);
    if (!undoes && !context.options.is_stored) {
      misplaced(context, node, "undoes nothing by itself; a compensation is a call, a 'do', or a list of steps");
    }
  } else {
    context.report.error("wrong-type", node,
                         fmt::format("must be a step, or a list of named steps (got {})", show(node)));
  }
  return undo;
}

}  // namespace

void read_step_body(LoadContext& context, const Node& body, const Scope& around, Step& step) {
  if (++context.step_count == limits::kDefinitionStepsMax + 1) {
    context.report.error("too-many-steps", body,
                         fmt::format("is step number {}; a workflow has at most {}, compensations included",
                                     context.step_count, limits::kDefinitionStepsMax));
  }
  step.pointer = pointer_of(body);
  step.mark = body.mark;
  if (is_too_deep(context, body, step.path)) return;
  Scope scope = around;
  scope.step = step.path;
  scope.extended.clear();
  MapReader map(context, body, MapKind::kStep);
  const StepKind* kind = find_kind(context, map);
  if (const Node* node = map.take("if")) {
    Scope outside = scope;
    if (!around.extended.empty()) outside.step = around.extended;
    step.condition = read_expression(context, *node, outside, Slot::kCondition);
  }
  step.data = read_data_flow(context, map, scope, false);
  if (const Node* node = map.take("timeout")) step.timeout = read_timeout(context, *node, scope, Slot::kArguments);
  if (const Node* node = map.take("metadata")) {
    const MapReader is_map(context, *node);  // reports what is no map
    read_silences(context, *node, body);
  }
  read_saga_keys(context, map, kind, scope, step);
  if (const Node* node = map.take("then")) {
    step.then = read_directive(context, *node, scope);
    if (step.path.ends_with("/compensate")) misplaced(context, *node, "has no meaning on a compensation as a whole");
  }
  if (kind != nullptr && scope.is_undo && !kind->can_undo) {
    misplaced(context, body,
              fmt::format("is {} '{}', which cannot stand in a compensation", article_of(*kind), kind->key));
  }
  if (kind != nullptr) {
    const Node& value = *body.find(kind->key);
    const bool is_function = kind->is_call && names_function(context, value);
    auto read =
        is_function ? read_function_call(context, map, value, scope, step) : kind->read(context, map, value, scope);
    if (read) step.kind = std::move(*read);
    const auto* call = read ? std::get_if<CallStep>(&step.kind) : nullptr;
    if (call != nullptr && is_run(*call) && !scope.is_undo) undo_run(step);
    map.finish();
  }
}

bool is_list_item(LoadContext& context, const Node& item, std::string_view what) {
  if (item.is_map() && item.keys.size() == 1) return true;
  if (item.is_map() && item.keys.size() > 1) {
    context.report.error("bad-step", item,
                         fmt::format("must have one key, the {0}'s name (got {1}, among them '{2}' and '{3}'); indent "
                                     "the {0}'s keys below its name",
                                     what, item.keys.size(), item.keys[0], item.keys[1]));
  } else {
    context.report.error("bad-step", item,
                         fmt::format("must be a map with the {}'s name as its one key (got {})", what,
                                     item.is_map() ? "an empty map" : describe(item.kind)));
  }
  return false;
}

std::string read_directive(LoadContext& context, const Node& node, const Scope& scope) {
  const auto text = read_text(context, node);
  if (text && text->empty()) {
    context.report.error("unknown-value", node,
                         "must be continue, exit, end, compensate or the name of a step (got '')");
  }
  if (!text || *text == "continue") return {};
  if (scope.is_undo && (*text == kThenEnd || *text == kThenCompensate)) {
    misplaced(context, node, fmt::format("cannot be '{}' in a compensation, which ends by itself; use exit", *text));
  } else if (scope.is_branch && *text != kThenCompensate) {
    misplaced(context, node, fmt::format("cannot be '{}': behind a branch of a 'fork' comes no other step", *text));
  } else if (scope.is_lane && *text == kThenExit) {
    misplaced(context, node, "cannot be 'exit': the other iterations run beside this one");
  } else if (scope.is_beside && *text == kThenEnd) {
    misplaced(context, node, "cannot be 'end' where others run beside it; use compensate, or end behind them");
  }
  return *text;
}

DataFlow read_data_flow(LoadContext& context, MapReader& map, const Scope& scope, bool is_workflow) {
  DataFlow data;
  if (const Node* node = map.take("input")) {
    MapReader input(context, *node);
    const Slot slot = is_workflow ? Slot::kWorkflowInput : Slot::kInput;
    if (const Node* from = input.take("from")) data.input_from = read_projection(context, *from, scope, slot);
    if (const Node* schema = input.take("schema")) data.input_schema = read_schema(context, *schema);
    input.finish();
  }
  const Slot slot = is_workflow ? Slot::kWorkflowOutput : Slot::kOutput;
  read_output(context, map, scope, slot, data);
  if (!is_workflow) read_export(context, map, scope, slot, data);
  return data;
}

void read_output(LoadContext& context, MapReader& map, const Scope& scope, Slot slot, DataFlow& data) {
  const Node* node = map.take("output");
  if (node == nullptr) return;
  MapReader output(context, *node);
  if (const Node* as = output.take("as")) data.output_as = read_projection(context, *as, scope, slot);
  if (const Node* schema = output.take("schema")) data.output_schema = read_schema(context, *schema);
  output.finish();
}

void read_export(LoadContext& context, MapReader& map, const Scope& scope, Slot slot, DataFlow& data) {
  const Node* node = map.take("export");
  if (node == nullptr) return;
  if (!scope.may_export) {
    misplaced(context, *node, "cannot stand within iterations that run beside each other; use the loop's output");
  }
  MapReader exported(context, *node);
  if (const Node* as = exported.take("as")) data.export_as = read_projection(context, *as, scope, slot);
  if (const Node* schema = exported.take("schema")) data.export_schema = read_schema(context, *schema);
  exported.finish();
}

std::vector<Step> read_step_list(LoadContext& context, const Node& node, const Scope& around) {
  std::vector<Step> steps;
  if (!node.is_sequence()) {
    context.report.error("wrong-type", node,
                         fmt::format("must be a list of steps, each '- name: ...' (got {})", describe(node.kind)));
    return steps;
  }
  if (node.items.empty()) context.report.error("no-steps", node, "must have at least one step");
  std::map<std::string, Mark> seen;
  for (const Node& item : node.items) {
    if (!is_list_item(context, item, "step")) continue;
    const std::string& name = item.keys[0];
    const Mark mark = item.key_marks[0];
    const Node& body = item.items[0];
    context.report.name_step(body, name);
    if (!is_name(name)) {
      context.report.error_at("bad-name", item, mark,
                              fmt::format("step name '{}' must match [A-Za-z][A-Za-z0-9_-]{{0,63}}", name));
    }
    if (const auto [first, added] = seen.emplace(name, mark); !added) {
      context.report.error_at("duplicate-step", item, mark,
                              fmt::format("duplicate step name '{}'; the first is at {}:{}", name, first->second.line,
                                          first->second.column));
    }
    Step step;
    step.name = name;
    step.path = around.step.empty() ? name : around.step + "." + name;
    read_listed_step(context, body, around, step);
    step.mark = mark;
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace skald::definition
