// Where everything of a picture stands, in pixels.
//
// A lane is a column of blocks around a vertical line, its spine; a block with lanes inside is a frame around them. To
// the right of a lane's blocks, undos stand in a column of their own, which nothing else crosses: the way back goes up
// there. To the left run the jumps, a track each where they overlap. So a lane is laid out without a look at what is
// around it, and no line meets a box.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/graph/graph.hpp"

namespace skald::graph {

struct Rectangle {
  double x = 0, y = 0, width = 0, height = 0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
  double middle() const { return y + height / 2; }
};

struct PlacedLane;

struct PlacedBlock {
  const Block* block = nullptr;
  Rectangle box;  // of a step with steps inside: its frame
  std::optional<Rectangle> undo;
  double top = 0, bottom = 0;          // of the row: box and undo
  double bar_top = 0, bar_bottom = 0;  // of a fork: where its branches part and meet
  // Of a frame: where the ways back of its lanes come in, from below, and go out, above; between lanes they run at
  // these heights.
  double door = 0, door_top = 0, door_bottom = 0;
  std::vector<PlacedLane> lanes;
};

struct PlacedLane {
  const Lane* lane = nullptr;
  Rectangle frame;  // around everything of it
  double spine = 0;
  double column = 0;           // the middle of the undos
  std::vector<double> tracks;  // of each jump, in the order of Lane::jumps
  std::vector<PlacedBlock> blocks;
};

// The whole picture, the body's blocks between the start and the end.
struct Layout {
  double width = 0, height = 0;
  Rectangle start, end;
  PlacedLane body;
};

Layout lay_out(const Graph& graph);

// The height of one line of text, and of the row of one case of a `switch`.
inline constexpr double kLineHeight = 17;
inline constexpr double kCaseHeight = 26;
// Inside of a box or a frame.
inline constexpr double kPadding = 14;
// Between two rows, and so the length of an arrow.
inline constexpr double kRowGap = 36;
// Text is cut here.
inline constexpr std::size_t kColumnsMax = 56;

// The columns of a `switch`: names, conditions, targets.
struct CaseColumns {
  double name = 0, condition = 0, target = 0;
};
CaseColumns columns_of(const std::vector<Case>& cases);

// Widths of text, with room for the widest of the fonts that may be taken.
double width_of_name(const std::string& text);
double width_of_code(const std::string& text);
double width_of_note(const std::string& text);

// The lines above the steps of a frame, or in a box: its name, what it does, its notes.
double height_of_head(const Block& block);

}  // namespace skald::graph
