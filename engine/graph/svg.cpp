#include <fmt/format.h>

#include <algorithm>

#include "engine/graph/svg_layout.hpp"
#include "engine/graph/svg_routes.hpp"
#include "engine/graph/svg_shapes.hpp"
#include "engine/graph/text.hpp"
#include "engine/graph/writers.hpp"

namespace skald::graph {
namespace {

constexpr double kBaseline = 12.5;  // of a line of text, from its top

std::string_view style_of(const Block& block) {
  switch (block.shape) {
    case Shape::kCall:
      return block.is_pivot ? "step call pivot" : "step call";
    case Shape::kWait:
      return "step wait";
    case Shape::kRaise:
      return "step raise";
    case Shape::kSwitch:
      return "step switch";
    default:
      return "step";
  }
}

class Painter {
 public:
  // Frames lie below lines, lines below boxes.
  std::string paint(const Graph& graph, const Layout& layout) {
    paint_lane(layout.body);
    paint_ends(layout);
    const auto way_back = way_back_of(graph, layout);
    for (const WayBackLine& line : way_back) lines_ += svg_line(line.route, "back", line.arrives);
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
        "height=\"{1:.0f}\" "
        "role=\"img\">\n<title>{2}</title>\n",
        layout.width, layout.height, escape_xml(graph.title));
    out += svg_preamble();
    out += "<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n";
    out += paint_title(graph) + frames_ + lines_ + boxes_ + "</svg>\n";
    return out;
  }

 private:
  static std::string paint_title(const Graph& graph) {
    constexpr double kMargin = 28;
    std::string out = svg_text(kMargin, kMargin + 14, "title", graph.title);
    double y = kMargin + 22;
    for (const std::string& note : graph.notes) {
      out += svg_text(kMargin, y + kBaseline, "note", note);
      y += kLineHeight;
    }
    const bool is_undone = std::any_of(graph.edges.begin(), graph.edges.end(),
                                       [](const Edge& edge) { return edge.kind == EdgeKind::kBack; });
    if (!is_undone) return out;
    const double middle = y + kLineHeight / 2;
    out += svg_line({{kMargin, middle}, {kMargin + 34, middle}}, "back");
    return out + svg_text(kMargin + 44, y + kBaseline, "undo-name", "the way back when a later step fails");
  }

  void paint_ends(const Layout& layout) {
    for (const auto& [box, text] : {std::pair(layout.start, "start"), std::pair(layout.end, "end")}) {
      boxes_ += svg_box(box, 15, "pill");
      boxes_ += svg_text(box.x + box.width / 2, box.middle() + 4, "pill-text", text);
    }
    const double spine = layout.body.spine;
    const PlacedBlock& last = layout.body.blocks.back();
    lines_ += svg_line({{spine, layout.start.bottom()}, {spine, layout.body.blocks.front().box.y}}, "flow");
    if (last.block->goes_on) lines_ += svg_line({{spine, last.box.bottom()}, {spine, layout.end.y}}, "flow");
  }

  void paint_lane(const PlacedLane& lane) {
    for (std::size_t i = 0; i < lane.blocks.size(); ++i) {
      const PlacedBlock& block = lane.blocks[i];
      paint_block(block);
      if (i + 1 < lane.blocks.size() && block.block->goes_on) {
        lines_ += svg_line({{lane.spine, block.box.bottom()}, {lane.spine, lane.blocks[i + 1].box.y}}, "flow");
      }
    }
    for (std::size_t i = 0; i < lane.lane->jumps.size(); ++i) paint_jump(lane, lane.lane->jumps[i], lane.tracks[i]);
  }

  void paint_jump(const PlacedLane& lane, const Lane::Jump& jump, double track) {
    const PlacedBlock& from = lane.blocks[jump.from];
    const PlacedBlock& to = lane.blocks[jump.to];
    const double first_case = from.box.y + kPadding / 2 + height_of_head(*from.block);
    const double y =
        jump.by_case ? first_case + kCaseHeight * (static_cast<double>(*jump.by_case) + 0.5) : from.box.middle();
    const double arrival = to.block->lanes.empty() ? to.box.middle() : to.box.y + kPadding + 4;
    lines_ += svg_line({{from.box.x, y}, {track, y}, {track, arrival}, {to.box.x, arrival}}, "jump");
  }

  void paint_block(const PlacedBlock& placed) {
    const Block& block = *placed.block;
    if (block.lanes.empty()) {
      boxes_ += svg_box(placed.box, 8, style_of(block));
    } else {
      frames_ += svg_box(placed.box, 12, "frame");
    }
    paint_head(placed);
    if (!block.cases.empty()) paint_cases(placed);
    if (block.shape == Shape::kFork) paint_fork(placed);
    if (block.shape == Shape::kTry) paint_try(placed);
    for (const PlacedLane& lane : placed.lanes) paint_lane(lane);
    if (placed.undo) paint_undo(placed);
  }

  void paint_head(const PlacedBlock& placed) {
    const Block& block = *placed.block;
    const bool is_frame = !block.lanes.empty();
    const double x = placed.box.x + kPadding;
    double y = placed.box.y + kPadding / 2 + 2;
    const auto add = [&](std::string style, std::string_view text) {
      boxes_ += svg_text(x, y + kBaseline, is_frame ? style + " halo" : style, text);
      y += kLineHeight;
    };
    add("name", block.name);
    if (block.shape != Shape::kSwitch) add("code", block.what);
    for (const std::string& note : block.notes) add(note == "point of no return" ? "pivot-text" : "note", note);
  }

  void paint_cases(const PlacedBlock& placed) {
    const CaseColumns columns = columns_of(placed.block->cases);
    double y = placed.box.y + kPadding / 2 + height_of_head(*placed.block);
    const double x = placed.box.x + kPadding;
    for (const Case& one : placed.block->cases) {
      boxes_ += svg_line({{placed.box.x, y}, {placed.box.right(), y}}, "rule", false);
      const double baseline = y + kCaseHeight / 2 + 4;
      boxes_ += svg_text(x, baseline, "note", one.name);
      if (!one.condition.empty()) boxes_ += svg_text(x + columns.name, baseline, "code", one.condition);
      boxes_ += svg_text(x + columns.name + columns.condition, baseline, one.gives_up ? "undo-name" : "note",
                         "→ " + one.target);
      y += kCaseHeight;
    }
  }

  void paint_fork(const PlacedBlock& placed) {
    const double first = placed.lanes.front().spine;
    const double last = placed.lanes.back().spine;
    for (const double y : {placed.bar_top, placed.bar_bottom}) {
      lines_ += svg_line({{first - 24, y}, {last + 24, y}}, "bar", false);
    }
    for (const PlacedLane& lane : placed.lanes) {
      const PlacedBlock& branch = lane.blocks.front();
      lines_ += svg_line({{lane.spine, placed.bar_top + 2}, {lane.spine, branch.box.y}}, "flow");
      if (branch.block->goes_on) {
        lines_ += svg_line({{lane.spine, branch.box.bottom()}, {lane.spine, placed.bar_bottom - 3}}, "flow");
      }
    }
  }

  void paint_try(const PlacedBlock& placed) {
    for (const PlacedLane& lane : placed.lanes) {
      frames_ += svg_box(lane.frame, 8, "part");
      boxes_ += svg_text(lane.frame.x + kPadding, lane.frame.y + 17, "note halo", lane.lane->title);
    }
    if (placed.lanes.size() < 2) return;
    const Rectangle& from = placed.lanes[0].frame;
    const Rectangle& to = placed.lanes[1].frame;
    const double y = from.y + 13;
    lines_ += svg_line({{from.right(), y}, {to.x, y}}, "error");
    boxes_ += svg_text(from.right() + 8, y - 5, "error-text", "on error");
  }

  void paint_undo(const PlacedBlock& placed) {
    const Rectangle& box = *placed.undo;
    boxes_ += svg_box(box, 8, "undo");
    lines_ += svg_line({{placed.box.right(), box.middle()}, {box.x, box.middle()}}, "tie", false);
    double y = box.y + kPadding / 2;
    boxes_ += svg_text(box.x + kPadding, y + kBaseline, "undo-name", "undo " + placed.block->name);
    for (const std::string& line : placed.block->undo->lines) {
      y += kLineHeight;
      boxes_ += svg_text(box.x + kPadding, y + kBaseline, "undo-text", line);
    }
  }

  std::string frames_;
  std::string lines_;
  std::string boxes_;
};

}  // namespace

std::string to_svg(const Graph& graph) {
  return Painter().paint(graph, lay_out(graph));
}

}  // namespace skald::graph
