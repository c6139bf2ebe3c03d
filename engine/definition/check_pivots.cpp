#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engine/definition/check.hpp"
#include "engine/definition/list_graph.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/step_lists.hpp"
#include "engine/definition/step_names.hpp"
#include "engine/definition/step_order.hpp"

namespace skald::definition {
namespace {

struct Call {
  const Step* step = nullptr;
  bool is_covered = false;  // it, or a step around it, has a compensation
  bool is_tried = false;    // the steps of a `try` say themselves what follows an error
};

void collect_calls(const std::vector<Step>& steps, const Call& around, std::vector<Call>& calls) {
  for (const Step& step : steps) {
    Call call = around;
    call.is_covered = call.is_covered || step.compensate != nullptr;
    for_each_list(step, [&](ListRole role, const std::vector<Step>& list) {
      Call inside = call;
      inside.is_tried = inside.is_tried || role == ListRole::kAttempt;
      collect_calls(list, inside, calls);
    });
    call.step = &step;
    if (std::holds_alternative<CallStep>(step.kind)) calls.push_back(call);
  }
}

// What no author wrote.
bool undoes_run(const Step& undo) {
  const auto* call = std::get_if<CallStep>(&undo.kind);
  return call != nullptr && std::holds_alternative<RunUndo>(call->target);
}

// Without a catalog, an operation is taken to have effects.
bool has_effects(const LoadOptions& options, const CallStep& call) {
  std::string method;
  if (const auto* http = std::get_if<HttpCall>(&call.target)) method = http->method;
  if (const auto* adapter = std::get_if<AdapterCall>(&call.target);
      adapter != nullptr && options.operations != nullptr) {
    const Operation* operation = options.operations->find(adapter->adapter, adapter->operation);
    if (operation != nullptr) method = operation->method;
  }
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

// The step of the document that stands between hooks as `step`: their list.
const Step& with_hooks(const Definition& definition, const Step& step) {
  const Step* parent = definition.find(std::string(enclosing_path(step.path)));
  return parent != nullptr && hooked_step(*parent) == &step ? with_hooks(definition, *parent) : step;
}

// A pivot that is passed twice, or that is to be undone at once.
void check_pivot(LoadContext& context, const Node& root, const Definition& definition, const Step& pivot) {
  if (with_hooks(definition, pivot).then == kThenCompensate) {
    context.report.error("misplaced-key", *node_at(root, pivot.pointer).find("then"),
                         "cannot be 'compensate' on a pivot: once it completed, nothing is undone");
  }
  for (std::string path = pivot.path; !path.empty(); path = std::string(enclosing_path(path))) {
    const Step* parent = definition.find(std::string(enclosing_path(path)));
    const Step* step = definition.find(path);
    if (step == nullptr) return;
    const auto* list = parent == nullptr ? &definition.steps : list_around(*parent, *step).second;
    if (list == nullptr || !ListGraph(*list).returns_to(place_of(*list, step->name))) continue;
    context.report.error_at(
        "repeated-pivot", node_at(root, pivot.pointer), pivot.mark,
        fmt::format("is a pivot, and a 'then' leads back to '{}'; a workflow passes its pivot once", step->name));
    return;
  }
}

}  // namespace

void check_pivots(LoadContext& context, const Node& root, const Definition& definition) {
  std::vector<Call> calls;
  collect_calls(definition.steps, {}, calls);
  const auto pivot = std::find_if(calls.begin(), calls.end(), [](const Call& call) { return call.step->pivot; });
  if (pivot == calls.end()) return;
  const std::string name = pivot->step->name;
  check_pivot(context, root, definition, *pivot->step);
  StepOrder order(definition);
  const auto warn = [&](std::string_view rule, const Step& step, const std::string& message) {
    context.report.warning_at(rule, node_at(root, step.pointer), step.mark, message);
  };
  for (auto call = calls.begin(); call != pivot; ++call) {
    if (call->is_covered || !has_effects(context.options, std::get<CallStep>(call->step->kind))) continue;
    warn("no-undo-before-pivot", *call->step,
         fmt::format("has effects before the pivot '{}', but no 'compensate': nothing undoes it if the pivot fails",
                     name));
  }
  for (auto call = pivot + 1; call != calls.end(); ++call) {
    const Step& step = *call->step;
    // One that the flow may come to without the pivot has a way back then.
    if (!order.why_not_ended(step.path, *pivot->step).empty()) continue;
    if (!step.retry && !call->is_tried) {
      warn(
          "no-retry-after-pivot", step,
          fmt::format("can fail after the pivot '{}' and has no 'retry'; it is retried without limit, at most a minute "
                      "apart",
                      name));
    }
    if (step.compensate && !undoes_run(*step.compensate)) {
      warn("undo-after-pivot", step,
           fmt::format("has a 'compensate' that never runs: nothing is undone after the pivot '{}'", name));
    }
  }
}

}  // namespace skald::definition
