// The lines of the way back in a picture that is laid out: up the columns of the lanes, from lane to lane through the
// gaps between their rows.
#pragma once

#include <vector>

#include "engine/graph/svg_layout.hpp"

namespace skald::graph {

struct Point {
  double x = 0, y = 0;
};
using Route = std::vector<Point>;

struct WayBackLine {
  Route route;
  bool arrives = false;  // at an undo or the start; not where ways meet or part
};

// One for each edge of kind kBack that leads from an undo to an undo, the start, or where a fork's branches part or
// meet.
std::vector<WayBackLine> way_back_of(const Graph& graph, const Layout& layout);

}  // namespace skald::graph
