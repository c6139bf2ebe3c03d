// SVG text for single shapes, and the style sheet that they share.
#pragma once

#include <string>
#include <string_view>

#include "engine/graph/svg_routes.hpp"

namespace skald::graph {

// <style> and the arrow heads.
std::string_view svg_preamble();

// `radius` of the corners; `style` is a class of the style sheet.
std::string svg_box(const Rectangle& box, double radius, std::string_view style);

// Cut to kColumnsMax; the whole text is shown where the pointer rests on it.
std::string svg_text(double x, double y, std::string_view style, std::string_view text);

// A line around corners, with an arrow head that fits the class where `has_head`.
std::string svg_line(const Route& route, std::string_view style, bool has_head = true);

}  // namespace skald::graph
