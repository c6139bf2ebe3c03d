#include "engine/graph/svg_layout.hpp"

#include <algorithm>

namespace skald::graph {
namespace {

constexpr double kBoxWidthMin = 150;
constexpr double kLaneGap = 30;
constexpr double kColumnGap = 34;
constexpr double kTrackGap = 16;
constexpr double kDoorGap = 16;
constexpr double kPageMargin = 28;
constexpr double kPillWidth = 84;
constexpr double kPillHeight = 30;
constexpr double kFrameTitle = 24;  // of a lane with a title

void shift(PlacedLane& lane, double x, double y);

void shift(Rectangle& box, double x, double y) {
  box.x += x;
  box.y += y;
}

void shift(PlacedBlock& block, double x, double y) {
  shift(block.box, x, y);
  if (block.undo) shift(*block.undo, x, y);
  block.door += x;
  for (double* value :
       {&block.top, &block.bottom, &block.bar_top, &block.bar_bottom, &block.door_top, &block.door_bottom}) {
    *value += y;
  }
  for (PlacedLane& lane : block.lanes) shift(lane, x, y);
}

void shift(PlacedLane& lane, double x, double y) {
  shift(lane.frame, x, y);
  lane.spine += x;
  lane.column += x;
  for (double& track : lane.tracks) track += x;
  for (PlacedBlock& block : lane.blocks) shift(block, x, y);
}

bool has_undo(const Lane& lane);

bool has_undo(const Block& block) {
  return block.undo ||
         std::any_of(block.lanes.begin(), block.lanes.end(), [](const Lane& lane) { return has_undo(lane); });
}

bool has_undo(const Lane& lane) {
  return std::any_of(lane.blocks.begin(), lane.blocks.end(), [](const Block& block) { return has_undo(block); });
}

double width_of_head(const Block& block) {
  double width = width_of_name(block.name);
  if (block.shape != Shape::kSwitch) width = std::max(width, width_of_code(block.what));
  for (const std::string& note : block.notes) width = std::max(width, width_of_note(note));
  return width + 2 * kPadding;
}

Rectangle size_of_undo(const Undo& undo, const std::string& name) {
  double width = width_of_note("undo " + name);
  for (const std::string& line : undo.lines) width = std::max(width, width_of_code(line));
  const double lines = static_cast<double>(1 + undo.lines.size());
  return {0, 0, width + 2 * kPadding, lines * kLineHeight + kPadding};
}

PlacedLane place_lane(const Lane& lane);

// Around x = 0, from y = 0.
PlacedBlock place_leaf(const Block& block) {
  double width = std::max(kBoxWidthMin, width_of_head(block));
  double height = height_of_head(block) + kPadding;
  if (!block.cases.empty()) {
    const CaseColumns columns = columns_of(block.cases);
    width = std::max(width, columns.name + columns.condition + columns.target + 2 * kPadding);
    height += kCaseHeight * static_cast<double>(block.cases.size());
  }
  return {.block = &block, .box = {-width / 2, 0, width, height}};
}

// The branches beside each other between two bars; the spine in the middle of theirs.
void place_branches(PlacedBlock& placed, double top) {
  constexpr double kBarGap = 30;
  placed.bar_top = top + 6;
  double x = 0;
  double bottom = 0;
  for (const Lane& lane : placed.block->lanes) {
    PlacedLane inside = place_lane(lane);
    shift(inside, x - inside.frame.x, placed.bar_top + kBarGap);
    x = inside.frame.right() + kLaneGap;
    bottom = std::max(bottom, inside.frame.bottom());
    placed.lanes.push_back(std::move(inside));
  }
  placed.bar_bottom = bottom + kBarGap;
  placed.door_top = placed.bar_top + kBarGap / 2 - 3;
  placed.door_bottom = placed.bar_bottom - kBarGap / 2 + 2;
  const double spine = (placed.lanes.front().spine + placed.lanes.back().spine) / 2;
  for (PlacedLane& lane : placed.lanes) shift(lane, -spine, 0);
}

// The steps, or those of a `try` and, to their right, those of its `catch`; the spine is that of the first.
void place_lists(PlacedBlock& placed, double top) {
  constexpr double kErrorGap = 70;
  double x = 0;
  for (const Lane& lane : placed.block->lanes) {
    PlacedLane inside = place_lane(lane);
    const double down = top + (lane.title.empty() ? 0 : kFrameTitle + kPadding / 2);
    shift(inside, placed.lanes.empty() ? 0 : x - inside.frame.x, down);
    if (!lane.title.empty()) {
      Rectangle& frame = inside.frame;
      const double wide = std::max(frame.width + 2 * kPadding, width_of_note(lane.title) + 2 * kPadding);
      const double grow = (wide - frame.width) / 2;
      if (!placed.lanes.empty()) shift(inside, grow, 0);
      frame = {frame.x - grow, top, wide, frame.bottom() - top + kPadding};
    }
    x = inside.frame.right() + kErrorGap;
    placed.lanes.push_back(std::move(inside));
  }
}

PlacedBlock place_block(const Block& block) {
  if (block.lanes.empty()) return place_leaf(block);
  PlacedBlock placed{.block = &block};
  const double top = height_of_head(block) + kPadding;
  if (block.shape == Shape::kFork) {
    place_branches(placed, top);
  } else {
    place_lists(placed, block.lanes.size() > 1 ? top + kDoorGap : top);
    placed.door_top = top;
  }
  double left = 0, right = 0, bottom = placed.bar_bottom;
  for (const PlacedLane& lane : placed.lanes) {
    left = std::min(left, lane.frame.x);
    right = std::max(right, lane.frame.right());
    bottom = std::max(bottom, lane.frame.bottom());
  }
  if (block.shape != Shape::kFork) placed.door_bottom = bottom + kDoorGap - 2;
  placed.door = placed.lanes.front().column;
  if (placed.lanes.size() > 1) {
    const bool is_undone =
        std::any_of(block.lanes.begin(), block.lanes.end(), [](const Lane& lane) { return has_undo(lane); });
    placed.door = right + kDoorGap;
    if (is_undone) right = placed.door;
    if (block.shape != Shape::kFork) bottom += kDoorGap;
  }
  left -= kPadding;
  right = std::max(right + kPadding, left + width_of_head(block));
  placed.box = {left, 0, right - left, bottom + kPadding};
  return placed;
}

// A track for each jump, so that those that overlap have different ones.
void place_tracks(PlacedLane& placed) {
  std::vector<std::vector<std::pair<std::size_t, std::size_t>>> taken;
  const double left = placed.frame.x;
  for (const Lane::Jump& jump : placed.lane->jumps) {
    const auto span = std::minmax(jump.from, jump.to);
    std::size_t track = 0;
    while (track < taken.size() &&
           std::any_of(
               taken[track].begin(), taken[track].end(),
               [&](const auto& other) { return span.first <= other.second && other.first <= span.second; })) {
      ++track;
    }
    if (track == taken.size()) taken.emplace_back();
    taken[track].emplace_back(span.first, span.second);
    placed.tracks.push_back(left - kTrackGap * static_cast<double>(track + 1));
  }
  const double grow = kTrackGap * static_cast<double>(taken.size()) + (taken.empty() ? 0 : 4);
  placed.frame.x -= grow;
  placed.frame.width += grow;
}

// Where the lane's undos stand. Without any of its own, the way back of the only block that has one inside goes
// straight on, if nothing stands in its way.
double column_of(const PlacedLane& placed, double right, double widest) {
  const double column = right + kColumnGap + widest / 2;
  const PlacedBlock* only = nullptr;
  for (const PlacedBlock& block : placed.blocks) {
    if (!has_undo(*block.block)) continue;
    if (only != nullptr || block.block->undo) return column;
    only = &block;
  }
  if (only == nullptr) return column;
  const double straight = only->door;
  const bool is_free = std::all_of(placed.blocks.begin(), placed.blocks.end(), [&](const PlacedBlock& block) {
    return &block == only || block.box.right() + kTrackGap < straight;
  });
  return is_free ? straight : column;
}

PlacedLane place_lane(const Lane& lane) {
  PlacedLane placed{.lane = &lane};
  double left = 0, right = 0, widest = 0, y = 0;
  for (const Block& block : lane.blocks) {
    PlacedBlock one = place_block(block);
    const double height = one.box.height;
    const Rectangle undo = block.undo ? size_of_undo(*block.undo, block.name) : Rectangle{};
    const double row = std::max(height, undo.height);
    shift(one, 0, y + (row - height) / 2);
    if (block.undo) one.undo = Rectangle{-undo.width / 2, y + (row - undo.height) / 2, undo.width, undo.height};
    one.top = y;
    one.bottom = y + row;
    left = std::min(left, one.box.x);
    right = std::max(right, one.box.right());
    widest = std::max(widest, undo.width);
    y += row + kRowGap;
    placed.blocks.push_back(std::move(one));
  }
  placed.column = column_of(placed, right, widest);
  for (PlacedBlock& block : placed.blocks) {
    if (block.undo) block.undo->x += placed.column;
  }
  if (has_undo(lane)) right = std::max(right, placed.column + widest / 2);
  placed.frame = {left, 0, right - left, y - kRowGap};
  place_tracks(placed);
  return placed;
}

}  // namespace

Layout lay_out(const Graph& graph) {
  Layout layout{.body = place_lane(graph.body)};
  PlacedLane& body = layout.body;
  const double head =
      kPageMargin + 22 + kLineHeight * static_cast<double>(graph.notes.size() + (has_undo(graph.body) ? 1 : 0)) + 12;
  const double left = std::min(body.frame.x, -kPillWidth / 2);
  shift(body, kPageMargin - left, head + kPillHeight + kRowGap);
  layout.start = {body.spine - kPillWidth / 2, head, kPillWidth, kPillHeight};
  layout.end = {body.spine - kPillWidth / 2, body.frame.bottom() + kRowGap, kPillWidth, kPillHeight};
  double right = std::max(body.frame.right(), layout.start.right());
  right = std::max(right, kPageMargin + width_of_name(graph.title));
  for (const std::string& note : graph.notes) right = std::max(right, kPageMargin + width_of_note(note));
  layout.width = right + kPageMargin;
  layout.height = layout.end.bottom() + kPageMargin;
  return layout;
}

}  // namespace skald::graph
