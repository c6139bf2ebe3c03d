#include "engine/graph/svg_routes.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
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
  bool is_junction = false;  // where the ways of a fork's branches meet or part; at the door of its frame
};

bool is_between(double value, double one, double other) {
  return value > std::min(one, other) - 0.5 && value < std::max(one, other) + 0.5;
}

// Where the line from `a` to `b` first touches that from `c` to `d`; each is upright or level.
std::optional<Point> touch(const Point& a, const Point& b, const Point& c, const Point& d) {
  const Point nearest = {std::clamp(a.x, std::min(c.x, d.x), std::max(c.x, d.x)),
                         std::clamp(a.y, std::min(c.y, d.y), std::max(c.y, d.y))};
  const bool touches = is_between(nearest.x, a.x, b.x) && is_between(nearest.y, a.y, b.y);
  return touches ? std::optional(nearest) : std::nullopt;
}

double length_of(const Point& a, const Point& b) {
  return std::abs(a.x - b.x) + std::abs(a.y - b.y);
}

// Cuts the route off a little behind the first point at which it meets one of the others: two lines over one another
// would not look dashed. False where it meets none.
bool join(Route& route, const std::vector<Route>& others) {
  constexpr double kShared = 10;  // room for a rounded corner
  for (std::size_t i = 0; i + 1 < route.size(); ++i) {
    std::optional<Point> first;
    for (const Route& other : others) {
      for (std::size_t j = 0; j + 1 < other.size(); ++j) {
        const auto here = touch(route[i], route[i + 1], other[j], other[j + 1]);
        if (here && (!first || length_of(route[i], *here) < length_of(route[i], *first))) first = here;
      }
    }
    if (!first) continue;
    double rest = kShared;
    Point at = *first;
    Route cut(route.begin(), route.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    cut.push_back(at);
    for (std::size_t next = i + 1; next < route.size() && rest > 0; ++next) {
      const double length = length_of(at, route[next]);
      const double share = length > rest ? rest / length : 1;
      at = {at.x + (route[next].x - at.x) * share, at.y + (route[next].y - at.y) * share};
      cut.push_back(at);
      rest -= length;
    }
    route = std::move(cut);
    return true;
  }
  return false;
}

class Routes {
 public:
  Routes(const Graph& graph, const Layout& layout) : graph_(graph), layout_(layout) {
    std::vector<Place> places;
    collect(layout.body, places);
  }

  std::vector<WayBackLine> all() const {
    std::vector<WayBackLine> lines;
    std::unordered_map<NodeId, std::vector<Route>> from, to;  // drawn already
    for (const Edge& edge : graph_.edges) {
      const auto begin = anchors_.find(edge.from);
      const auto end = anchors_.find(edge.to);
      if (edge.kind != EdgeKind::kBack || begin == anchors_.end()) continue;
      if (edge.to != graph_.start && end == anchors_.end()) continue;
      const bool is_to_start = edge.to == graph_.start;
      Route route = is_to_start ? to_start(begin->second) : between(begin->second, end->second);
      const bool joins = join(route, to[edge.to]);
      std::reverse(route.begin(), route.end());
      join(route, from[edge.from]);
      from[edge.from].push_back(route);
      std::reverse(route.begin(), route.end());
      to[edge.to].push_back(route);
      lines.push_back({std::move(route), !joins && (is_to_start || !end->second.is_junction)});
    }
    return lines;
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
        anchors_[block.block->opening] = {block.door, above, above, places, true};
        anchors_[block.block->closing] = {block.door, below, below, places, true};
      }
      for (const PlacedLane& inside : block.lanes) collect(inside, places);
      places.pop_back();
    }
  }

  static void go(Route& route, double x, double y) {
    route.push_back({route.back().x, y});
    route.push_back({x, y});
  }

  // Over to the column of the lane, where the way is free.
  static void step_aside(Route& route, const PlacedLane& lane) { route.push_back({lane.column, route.back().y}); }

  // To the door of the frame, and out of it.
  static void leave(Route& route, const PlacedLane& lane, const PlacedBlock& frame) {
    step_aside(route, lane);
    go(route, frame.door, frame.door_top);
    route.push_back({frame.door, frame.top - kHalfGap});
  }

  // The other way round, into a lane of the frame.
  static void enter(Route& route, const PlacedBlock& frame, const PlacedLane& lane) {
    go(route, frame.door, frame.bottom + kHalfGap);
    go(route, lane.column, frame.door_bottom);
  }

  Route to_start(const Anchor& from) const {
    Route route = {{from.x, from.top}};
    const auto& places = from.places;
    for (std::size_t at = places.size() - 1; at > 0; --at) leave(route, *places[at].lane, *places[at - 1].block);
    step_aside(route, *places.front().lane);
    go(route, layout_.start.right(), layout_.start.middle());
    return route;
  }

  static Route between(const Anchor& from, const Anchor& to) {
    const auto& a = from.places;
    const auto& b = to.places;
    std::size_t shared = 0;
    while (shared < a.size() && shared < b.size() && a[shared].block == b[shared].block) ++shared;
    Route route = {{from.x, from.top}};
    const bool is_within = shared == a.size() || shared == b.size();  // one is a junction of a frame around the other
    const std::size_t level = is_within ? shared - 1 : shared;        // at which they stand in one frame
    for (std::size_t at = a.size() - 1; at > level; --at) leave(route, *a[at].lane, *a[at - 1].block);
    if (!is_within) step_aside(route, *a[level].lane);
    if (a[level].lane != b[level].lane) cross(route, *a[level].lane, *b[level].lane);
    for (std::size_t at = level + 1; at < b.size(); ++at) enter(route, *b[at - 1].block, *b[at].lane);
    route.push_back({route.back().x, to.bottom});
    route.push_back({to.x, to.bottom});
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
