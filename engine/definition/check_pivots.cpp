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

struct StepPlace {
  const Step* step = nullptr;
  const Step* undone = nullptr;  // it, or the nearest step around it, that has a compensation
  bool is_tried = false;         // the steps of a `try` say themselves what follows an error
};

void collect_places(const std::vector<Step>& steps, const StepPlace& around, std::vector<StepPlace>& places) {
  for (const Step& step : steps) {
    StepPlace place = around;
    place.step = &step;
    if (step.compensate) place.undone = &step;
    places.push_back(place);
    for_each_list(step, [&](ListRole role, const std::vector<Step>& list) {
      StepPlace inside = place;
      inside.is_tried = inside.is_tried || role == ListRole::kAttempt;
      collect_places(list, inside, places);
    });
  }
}

bool is_around(const Step& step, const Step& pivot) {
  std::string_view path = enclosing_path(pivot.path);
  while (!path.empty() && path != step.path) path = enclosing_path(path);
  return path == step.path;
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
  std::vector<StepPlace> places;
  collect_places(definition.steps, {}, places);
  const auto found = std::find_if(places.begin(), places.end(), [](const StepPlace& place) {
    return place.step->pivot && std::holds_alternative<CallStep>(place.step->kind);
  });
  if (found == places.end()) return;
  const Step& pivot = *found->step;
  check_pivot(context, root, definition, pivot);
  StepOrder order(definition);
  for (auto place = places.begin(); place != places.end(); ++place) {
    const Step& step = *place->step;
    const auto warn = [&](std::string_view rule, const std::string& message) {
      context.report.warning_at(rule, node_at(root, step.pointer), step.mark, message);
    };
    const auto* call = std::get_if<CallStep>(&step.kind);
    const bool is_undone = place->undone != nullptr && !is_around(*place->undone, pivot);
    if (place < found && !is_undone && call != nullptr && has_effects(context.options, *call)) {
      warn("no-undo-before-pivot",
           fmt::format("has effects before the pivot '{}', but no 'compensate': nothing undoes it if the pivot fails",
                       pivot.name));
    }
    // A step that the flow may come to without the pivot has a way back then.
    if (place > found && call != nullptr && !step.retry && !place->is_tried &&
        order.why_not_ended(step.path, pivot).empty()) {
      warn(
          "no-retry-after-pivot",
          fmt::format("can fail after the pivot '{}' and has no 'retry'; it is retried without limit, at most a minute "
                      "apart",
                      pivot.name));
    }
    if (step.compensate && !undoes_run(*step.compensate) && order.why_not_ended_after(step.path, pivot).empty()) {
      warn("undo-after-pivot",
           fmt::format("has a 'compensate' that never runs: nothing is undone after the pivot '{}'", pivot.name));
    }
  }
}

}  // namespace skald::definition
