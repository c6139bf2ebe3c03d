#include <algorithm>

#include "engine/definition/step_lists.hpp"
#include "engine/definition/step_order.hpp"
#include "engine/graph/connect.hpp"
#include "engine/graph/graph.hpp"
#include "engine/graph/words.hpp"

namespace skald::graph {
namespace {

using definition::ListRole;
using definition::Step;

Shape shape_of(const Step& step) {
  struct Of {
    Shape operator()(const definition::DoStep&) const { return Shape::kSequence; }
    Shape operator()(const definition::CallStep&) const { return Shape::kCall; }
    Shape operator()(const definition::SetStep&) const { return Shape::kSet; }
    Shape operator()(const definition::RaiseStep&) const { return Shape::kRaise; }
    Shape operator()(const definition::WaitStep&) const { return Shape::kWait; }
    Shape operator()(const definition::ListenStep& listen) const {
      return listen.each && !listen.each->steps.empty() ? Shape::kLoop : Shape::kWait;
    }
    Shape operator()(const definition::EmitStep&) const { return Shape::kSet; }
    Shape operator()(const definition::SwitchStep&) const { return Shape::kSwitch; }
    Shape operator()(const definition::ForStep&) const { return Shape::kLoop; }
    Shape operator()(const definition::TryStep&) const { return Shape::kTry; }
    Shape operator()(const definition::ForkStep&) const { return Shape::kFork; }
  };
  return std::visit(Of{}, step.kind);
}

const Step* find_pivot(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    if (step.pivot) return &step;
    const Step* found = nullptr;
    definition::for_each_list(step, [&](ListRole, const std::vector<Step>& list) {
      if (found == nullptr) found = find_pivot(list);
    });
    if (found != nullptr) return found;
  }
  return nullptr;
}

class Builder {
 public:
  explicit Builder(const definition::Definition& definition)
      : order_(definition), pivot_(find_pivot(definition.steps)) {}

  NodeId next_id() { return ++last_id_; }

  std::vector<Block> blocks(const std::vector<Step>& steps, const std::string& around) {
    std::vector<Block> made;
    for (const Step& step : steps) made.push_back(block(step, around));
    return made;
  }

 private:
  Block block(const Step& step, const std::string& around) {
    Block made{.id = next_id(),
               .shape = shape_of(step),
               .name = step.name,
               .what = what_of(step),
               .notes = notes_of(step, around)};
    made.is_pivot = step.pivot;
    if (const auto* choice = std::get_if<definition::SwitchStep>(&step.kind)) {
      add_cases(*choice, step, around, made);
    } else if (step.then == definition::kThenCompensate && !definition::is_switch(step)) {
      made.gives_up = next_id();
    }
    if (const auto* attempt = std::get_if<definition::TryStep>(&step.kind); attempt && attempt->handler.empty()) {
      made.what += ", " + catch_of(*attempt) + (attempt->retry ? "" : " and go on");
    }
    if (made.shape == Shape::kFork) made.opening = next_id();
    definition::for_each_list(step,
                              [&](ListRole role, const std::vector<Step>& list) { add_lanes(step, role, list, made); });
    if (made.shape == Shape::kFork) made.closing = next_id();
    if (step.compensate) add_undo(step, made);
    return made;
  }

  void add_cases(const definition::SwitchStep& choice, const Step& step, const std::string& around, Block& made) {
    bool has_default = false;
    for (const definition::SwitchCase& one : choice.cases) {
      has_default = has_default || !one.when;
      made.cases.push_back({.name = one.name,
                            .condition = one.when ? one.when->source() : "",
                            .target = target_of(one.then, around),
                            .gives_up = one.then == definition::kThenCompensate});
    }
    if (!has_default) {
      made.cases.push_back({.name = "otherwise",
                            .target = target_of(step.then, around),
                            .gives_up = step.then == definition::kThenCompensate});
    }
    const bool gives_up =
        std::any_of(made.cases.begin(), made.cases.end(), [](const Case& one) { return one.gives_up; });
    if (gives_up) made.gives_up = next_id();
  }

  void add_lanes(const Step& step, ListRole role, const std::vector<Step>& list, Block& made) {
    if (made.shape == Shape::kFork) {
      for (const Step& branch : list) {
        Lane lane{.id = made.id};
        lane.blocks.push_back(block(branch, step.name));
        made.lanes.push_back(std::move(lane));
      }
      return;
    }
    if (list.empty()) return;  // a `catch` without steps of its own
    Lane lane{.id = made.id};
    if (const auto* attempt = std::get_if<definition::TryStep>(&step.kind)) {
      lane.title = role == ListRole::kHandler ? catch_of(*attempt) : "try";
      lane.begins_undone = role == ListRole::kHandler && attempt->compensates;
      lane.id = next_id();
    }
    lane.blocks = blocks(list, step.name);
    made.lanes.push_back(std::move(lane));
  }

  void add_undo(const Step& step, Block& made) {
    // Behind the pivot no undo runs, unless some way leads past the pivot.
    if (pivot_ != nullptr && order_.why_not_ended_after(step.path, *pivot_).empty()) {
      made.notes.emplace_back("its undo never runs");
      return;
    }
    made.undo = Undo{.id = made.lanes.empty() ? made.id : next_id(), .lines = lines_of_undo(*step.compensate)};
  }

  definition::StepOrder order_;
  const Step* pivot_;
  NodeId last_id_ = 0;
};

}  // namespace

Graph make_graph(const definition::Definition& definition) {
  Graph graph;
  graph.title = definition.namespace_name + "/" + definition.name + " " + definition.version;
  graph.notes = notes_of(definition);
  Builder builder(definition);
  graph.start = builder.next_id();
  graph.body.blocks = builder.blocks(definition.steps, "");
  graph.end = builder.next_id();
  connect_flow(graph, definition);
  if (definition.saga.order == definition::SagaOptions::Order::kReverse) connect_way_back(graph);
  return graph;
}

}  // namespace skald::graph
