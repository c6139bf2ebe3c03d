#include <algorithm>

#include "engine/definition/list_graph.hpp"
#include "engine/definition/step_lists.hpp"
#include "engine/graph/connect.hpp"

namespace skald::graph {
namespace {

using definition::ListRole;
using definition::Step;

// A way out of a box that leads to what stands behind it.
struct Exit {
  NodeId from = 0;
  std::string label;
};
using Exits = std::vector<Exit>;

NodeId entry_of(const Block& block) {
  if (block.opening != 0) return block.opening;
  return block.lanes.empty() ? block.id : entry_of(block.lanes.front().blocks.front());
}

class Flow {
 public:
  explicit Flow(Graph& graph) : graph_(graph) {}

  // Where the lane hands on to what follows it.
  Exits connect(Lane& lane, std::span<const Step> steps) {
    std::vector<Exits> arriving(steps.size() + 1);  // at each block, and behind the last
    for (std::size_t i = 0; i < steps.size(); ++i) {
      Block& block = lane.blocks[i];
      const Exits inside = connect_inside(block, steps[i]);
      leave(lane, steps, i, inside, arriving);
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
      for (const Exit& exit : arriving[i]) add(exit, entry_of(lane.blocks[i]));
    }
    return arriving.back();
  }

  void add(const Exit& exit, NodeId to, EdgeKind kind = EdgeKind::kFlow) {
    graph_.edges.push_back({exit.from, to, kind, exit.label});
  }

 private:
  // The lines inside a step; its own ways out.
  Exits connect_inside(Block& block, const Step& step) {
    if (block.lanes.empty()) return {{block.id, ""}};
    if (block.shape == Shape::kFork) return connect_fork(block, step);
    Exits exits;
    std::size_t at = 0;
    definition::for_each_list(step, [&](ListRole, const std::vector<Step>& list) {
      if (list.empty()) return;
      Lane& lane = block.lanes[at++];
      if (at == 2) add({block.lanes[0].id, "on error"}, entry_of(lane.blocks.front()), EdgeKind::kError);
      const Exits out = connect(lane, list);
      exits.insert(exits.end(), out.begin(), out.end());
    });
    const auto goes_round = [&](const std::string& item) {
      for (const Exit& exit : exits) add({exit.from, "next " + item}, entry_of(block), EdgeKind::kLoop);
    };
    const auto* loop = std::get_if<definition::ForStep>(&step.kind);
    if (loop != nullptr && loop->concurrency == 1) goes_round(loop->each);
    const auto* listen = std::get_if<definition::ListenStep>(&step.kind);
    if (listen != nullptr && listen->each) goes_round(listen->each->item);
    return exits;
  }

  Exits connect_fork(Block& block, const Step& step) {
    const auto& branches = std::get<definition::ForkStep>(step.kind).branches;
    for (std::size_t i = 0; i < branches.size(); ++i) {
      Lane& lane = block.lanes[i];
      add({block.opening, ""}, entry_of(lane.blocks.front()));
      for (const Exit& exit : connect(lane, {&branches[i], 1})) add(exit, block.closing);
    }
    return {{block.closing, ""}};
  }

  // Sorts what leaves the i-th block by where it arrives.
  void leave(Lane& lane, std::span<const Step> steps, std::size_t i, const Exits& inside,
             std::vector<Exits>& arriving) {
    const Step& step = steps[i];
    Block& block = lane.blocks[i];
    const auto go = [&](const Exit& exit, const std::string& then, std::optional<std::size_t> by_case) {
      if (then == definition::kThenEnd) return add(exit, graph_.end);
      if (then == definition::kThenCompensate) return add(exit, block.gives_up, EdgeKind::kBack);
      const std::size_t to = definition::place_behind(steps, i, then);
      arriving[to].push_back(exit);
      if (to == i + 1) block.goes_on = true;
      if (to != i + 1 && to < steps.size()) lane.jumps.push_back({.from = i, .to = to, .by_case = by_case});
    };
    if (const auto* choice = std::get_if<definition::SwitchStep>(&step.kind)) {
      for (std::size_t at = 0; at < block.cases.size(); ++at) {
        const Case& one = block.cases[at];
        const bool is_ours = at < choice->cases.size();
        go({block.id, one.condition.empty() ? one.name : one.condition}, is_ours ? choice->cases[at].then : step.then,
           at);
      }
      return;
    }
    const bool fails = definition::always_fails(step);
    // One that is skipped sends nobody elsewhere.
    if (step.condition && (fails || !step.then.empty())) go({entry_of(block), "otherwise"}, "", std::nullopt);
    if (fails) return;
    for (const std::string& then : definition::directives_of(step)) {
      const bool leaves_at_once = then == definition::kThenEnd || then == definition::kThenCompensate;
      // By the step between its hooks, which has the line.
      if (leaves_at_once && (definition::is_switch(step) || then != step.then)) continue;
      for (const Exit& exit : inside) go(exit, then, std::nullopt);
    }
  }

  Graph& graph_;
};

}  // namespace

void connect_flow(Graph& graph, const definition::Definition& definition) {
  Flow flow(graph);
  flow.add({graph.start, ""}, entry_of(graph.body.blocks.front()));
  const Exits exits = flow.connect(graph.body, definition.steps);
  for (const Exit& exit : exits) flow.add(exit, graph.end);
}

}  // namespace skald::graph
