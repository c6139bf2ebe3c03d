#include <algorithm>

#include "engine/graph/connect.hpp"

namespace skald::graph {
namespace {

using Ids = std::vector<NodeId>;

class WayBack {
 public:
  explicit WayBack(std::vector<Edge>& edges) : edges_(edges) {}

  // Goes through the lane forwards. `before`: what is undone after the lane's first undo. Returns what is undone first
  // of all that has been met.
  Ids connect(const std::vector<Block>& blocks, Ids before) {
    for (const Block& block : blocks) {
      const Ids inside = connect_inside(block, before);
      if (!block.undo) {
        before = inside;
        continue;
      }
      for (const NodeId to : before) add(block.undo->id, to);
      if (!block.lanes.empty()) edges_.push_back({block.id, block.undo->id, EdgeKind::kTie, ""});
      before = {block.undo->id};
    }
    return before;
  }

 private:
  Ids connect_inside(const Block& block, const Ids& before) {
    if (block.lanes.empty()) return before;
    if (block.shape == Shape::kFork) return connect_fork(block, before);
    Ids all;
    Ids behind = before;
    for (const Lane& lane : block.lanes) {
      if (lane.begins_undone) behind = before;
      const Ids here = connect(lane.blocks, behind);
      if (here == behind) continue;
      all.insert(all.end(), here.begin(), here.end());
      behind = here;
    }
    return all.empty() ? before : all;
  }

  Ids connect_fork(const Block& block, const Ids& before) {
    bool has_undo = false;
    for (const Lane& lane : block.lanes) {
      const Ids here = connect(lane.blocks, {block.opening});
      if (here == Ids{block.opening}) continue;
      has_undo = true;
      if (block.undo) continue;  // it stands in place of the branches' own once they have met
      for (const NodeId to : here) add(block.closing, to);
    }
    if (!has_undo) return before;
    for (const NodeId to : before) add(block.opening, to);
    return {block.closing};
  }

  void add(NodeId from, NodeId to) { edges_.push_back({from, to, EdgeKind::kBack, ""}); }

  std::vector<Edge>& edges_;
};

void collect_closings(const Lane& lane, std::vector<NodeId>& closings) {
  for (const Block& block : lane.blocks) {
    if (block.closing != 0) closings.push_back(block.closing);
    for (const Lane& inside : block.lanes) collect_closings(inside, closings);
  }
}

}  // namespace

void connect_way_back(Graph& graph) {
  WayBack(graph.edges).connect(graph.body.blocks, {graph.start});
  // Where nothing behind a fork is undone, the way back begins in its branches. A fork comes before those inside it.
  std::vector<NodeId> closings;
  collect_closings(graph.body, closings);
  for (const NodeId closing : closings) {
    const auto leads_here = [&](const Edge& edge) { return edge.kind == EdgeKind::kBack && edge.to == closing; };
    if (std::any_of(graph.edges.begin(), graph.edges.end(), leads_here)) continue;
    std::erase_if(graph.edges, [&](const Edge& edge) { return edge.kind == EdgeKind::kBack && edge.from == closing; });
  }
}

}  // namespace skald::graph
