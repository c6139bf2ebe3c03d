#include <algorithm>

#include "engine/graph/svg_layout.hpp"
#include "engine/graph/text.hpp"

namespace skald::graph {
namespace {

double width_of(const std::string& text, double column) {
  return static_cast<double>(std::min(columns_of(text), kColumnsMax)) * column;
}

}  // namespace

// Pixels a column in fonts of 14, 12 and 12.
double width_of_name(const std::string& text) {
  return width_of(text, 8.6);
}

double width_of_code(const std::string& text) {
  return width_of(text, 7.3);
}

double width_of_note(const std::string& text) {
  return width_of(text, 6.7);
}

CaseColumns columns_of(const std::vector<Case>& cases) {
  constexpr double kBetween = 16;
  CaseColumns columns;
  for (const Case& one : cases) {
    columns.name = std::max(columns.name, width_of_note(one.name) + kBetween);
    columns.condition = std::max(columns.condition, width_of_code(one.condition) + kBetween);
    columns.target = std::max(columns.target, width_of_note("→ " + one.target));
  }
  return columns;
}

double height_of_head(const Block& block) {
  const bool says_what = block.shape != Shape::kSwitch;
  return kLineHeight * static_cast<double>(1 + (says_what ? 1 : 0) + block.notes.size()) + (says_what ? 2 : 5);
}

}  // namespace skald::graph
