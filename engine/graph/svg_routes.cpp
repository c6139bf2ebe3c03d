#include "engine/graph/svg_routes.hpp"

#include <unordered_map>

namespace skald::graph {
namespace {

constexpr double kHalfGap = kRowGap / 2;

struct Place {
  const PlacedLane* lane = nullptr;
  const PlacedBlock* block = nullptr;
};

// Where a line can begin or end, and what stands around it, from the body inwards.
struct Anchor {
  double x = 0, top = 0, bottom = 0;
  std::vector<Place> places;
};

class Routes {
 public:
  Routes(const Graph& graph, const Layout& layout) : graph_(graph), layout_(layout) {
    std::vector<Place> places;
    collect(layout.body, places);
  }

  std::vector<WayBackLine> all() const {
    std::vector<WayBackLine> routes;
    for (const Edge& edge : graph_.edges) {
      const auto from = anchors_.find(edge.from);
      if (edge.kind != EdgeKind::kBack || from == anchors_.end()) continue;
      if (edge.to == graph_.start) {
        routes.push_back({to_start(from->second), true});
      } else if (const auto to = anchors_.find(edge.to); to != anchors_.end()) {
        routes.push_back({between(from->second, to->second), to->second.top != to->second.bottom});
      }
    }
    return routes;
  }

 private:
  void collect(const PlacedLane& lane, std::vector<Place>& places) {
    for (const PlacedBlock& block : lane.blocks) {
      places.push_back({&lane, &block});
      if (block.undo) {
        anchors_[block.block->undo->id] = {lane.column, block.undo->y, block.undo->bottom(), places};
      }
      if (block.block->opening != 0) {
        const double above = block.top - kHalfGap;
        const double below = block.bottom + kHalfGap;
        anchors_[block.block->opening] = {lane.column, above, above, places};
        anchors_[block.block->closing] = {lane.column, below, below, places};
      }
      for (const PlacedLane& inside : block.lanes) collect(inside, places);
      places.pop_back();
    }
  }

  static void go(Route& route, double x, double y) {
    route.push_back({route.back().x, y});
    route.push_back({x, y});
  }

  // To the door of the frame, out of it, and over to the column of the lane around it.
  static void leave(Route& route, const Place& around) {
    go(route, around.block->door, around.block->door_top);
    go(route, around.lane->column, around.block->top - kHalfGap);
  }

  // The other way round, into a lane of the frame.
  static void enter(Route& route, const Place& around, const PlacedLane& lane) {
    go(route, around.block->door, around.block->bottom + kHalfGap);
    go(route, lane.column, around.block->door_bottom);
  }

  Route to_start(const Anchor& from) const {
    Route route = {{from.x, from.top}};
    for (std::size_t level = from.places.size(); level-- > 1;) leave(route, from.places[level - 1]);
    go(route, layout_.start.right(), layout_.start.middle());
    return route;
  }

  static Route between(const Anchor& from, const Anchor& to) {
    const auto& a = from.places;
    const auto& b = to.places;
    std::size_t shared = 0;
    while (shared < a.size() && shared < b.size() && a[shared].block == b[shared].block) ++shared;
    Route route = {{from.x, from.top}};
    // The first level at which they stand in one lane; where one stands in the other, that one's own level.
    const bool is_beside = shared < a.size() && shared < b.size() && a[shared].lane != b[shared].lane;
    const std::size_t level = std::min({shared, a.size() - 1, b.size() - 1});
    for (std::size_t at = a.size() - 1; at > level; --at) leave(route, a[at - 1]);
    if (is_beside) cross(route, *a[level].lane, *b[level].lane);
    for (std::size_t at = level + 1; at < b.size(); ++at) enter(route, b[at - 1], *b[at].lane);
    route.push_back({route.back().x, to.bottom});
    return route;
  }

  // From a lane to the one on its left: up, down between the two, and up again.
  static void cross(Route& route, const PlacedLane& from, const PlacedLane& to) {
    const double top = from.blocks.front().top - 9;
    const double between = (from.frame.x + to.frame.right()) / 2;
    const double bottom = to.blocks.back().bottom + 9;
    route.push_back({route.back().x, top});
    route.push_back({between, top});
    route.push_back({between, bottom});
    route.push_back({to.column, bottom});
  }

  const Graph& graph_;
  const Layout& layout_;
  std::unordered_map<NodeId, Anchor> anchors_;
};

}  // namespace

std::vector<WayBackLine> way_back_of(const Graph& graph, const Layout& layout) {
  return Routes(graph, layout).all();
}

}  // namespace skald::graph
