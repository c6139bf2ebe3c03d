#include "engine/graph/svg_shapes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/graph/text.hpp"

namespace skald::graph {
namespace {

constexpr std::string_view kPreamble = R"(<style>
text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; font-size: 12px; fill: #475569; }
.halo { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; }
.title { font-size: 16px; font-weight: 600; fill: #0f172a; }
.name { font-size: 14px; font-weight: 600; fill: #0f172a; }
.code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; fill: #334155; }
.pill-text { text-anchor: middle; font-weight: 600; fill: #0f172a; }
.undo-text, .undo-name { fill: #9a3412; }
.undo-text { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
.pivot-text { font-weight: 600; fill: #6d28d9; }
.error-text { fill: #b91c1c; }
.page { fill: #ffffff; }
.step { fill: #f8fafc; stroke: #94a3b8; stroke-width: 1.2; }
.call { fill: #eff6ff; stroke: #60a5fa; }
.wait { fill: #fefce8; stroke: #ca8a04; }
.raise { fill: #fef2f2; stroke: #ef4444; }
.switch { fill: #f0fdfa; stroke: #14b8a6; }
.pivot { stroke: #7c3aed; stroke-width: 3; }
.frame { fill: #64748b; fill-opacity: 0.05; stroke: #94a3b8; stroke-width: 1.2; }
.part { fill: none; stroke: #94a3b8; stroke-width: 1; stroke-dasharray: 2 3; }
.undo { fill: #fff7ed; stroke: #ea580c; stroke-width: 1.2; stroke-dasharray: 5 3; }
.pill { fill: #e2e8f0; stroke: #64748b; stroke-width: 1.2; }
.bar { stroke: #475569; stroke-width: 4; stroke-linecap: round; }
.rule { stroke: #14b8a6; stroke-opacity: 0.45; stroke-width: 1; }
.flow, .jump, .back, .tie, .error { fill: none; stroke-width: 1.5; }
.flow, .jump { stroke: #475569; }
.back { stroke: #ea580c; stroke-dasharray: 6 4; }
.tie { stroke: #ea580c; stroke-dasharray: 1 4; stroke-linecap: round; }
.error { stroke: #dc2626; stroke-dasharray: 6 4; }
.flow-head, .jump-head { fill: #475569; }
.back-head { fill: #ea580c; }
.error-head { fill: #dc2626; }
@media (prefers-color-scheme: dark) {
text { fill: #a8b3c4; }
.halo { stroke: #0f172a; }
.title, .name, .pill-text { fill: #f1f5f9; }
.code { fill: #cbd5e1; }
.undo-text, .undo-name { fill: #fdba74; }
.pivot-text { fill: #c4b5fd; }
.error-text { fill: #fca5a5; }
.page { fill: #0f172a; }
.step { fill: #1e293b; stroke: #64748b; }
.call { fill: #172a4a; stroke: #3b82f6; }
.wait { fill: #2c2510; stroke: #ca8a04; }
.raise { fill: #3a1518; stroke: #ef4444; }
.switch { fill: #0f2d2d; stroke: #14b8a6; }
.pivot { stroke: #a78bfa; }
.frame { fill: #94a3b8; stroke: #64748b; }
.part { stroke: #64748b; }
.undo { fill: #2b1a10; stroke: #f97316; }
.pill { fill: #334155; stroke: #94a3b8; }
.bar { stroke: #cbd5e1; }
.flow, .jump { stroke: #94a3b8; }
.back, .tie { stroke: #f97316; }
.error { stroke: #f87171; }
.flow-head, .jump-head { fill: #94a3b8; }
.back-head { fill: #f97316; }
.error-head { fill: #f87171; }
}
</style>
<defs>
<marker id="flow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="flow-head" d="M0 1 10 5 0 9z"/></marker>
<marker id="jump" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="jump-head" d="M0 1 10 5 0 9z"/></marker>
<marker id="back" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="back-head" d="M0 1 10 5 0 9z"/></marker>
<marker id="error" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="error-head" d="M0 1 10 5 0 9z"/></marker>
</defs>
)";

double distance(const Point& a, const Point& b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

// The point at `length` from `from` on the way to `to`.
Point toward(const Point& from, const Point& to, double length) {
  const double share = length / distance(from, to);
  return {from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share};
}

// Without points that repeat, or that lie on a straight line between their neighbours.
Route corners_of(const Route& route) {
  Route corners;
  for (const Point& point : route) {
    if (!corners.empty() && distance(corners.back(), point) < 0.5) continue;
    while (corners.size() > 1) {
      const Point& a = corners[corners.size() - 2];
      const Point& b = corners.back();
      const bool is_straight = (std::abs(a.x - b.x) < 0.5 && std::abs(b.x - point.x) < 0.5) ||
                               (std::abs(a.y - b.y) < 0.5 && std::abs(b.y - point.y) < 0.5);
      if (!is_straight) break;
      corners.pop_back();
    }
    corners.push_back(point);
  }
  return corners;
}

}  // namespace

std::string_view svg_preamble() {
  return kPreamble;
}

std::string svg_box(const Rectangle& box, double radius, std::string_view style) {
  return fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"{}\"/>\n",
                     style, box.x, box.y, box.width, box.height, radius);
}

std::string svg_text(double x, double y, std::string_view style, std::string_view text) {
  const std::string shown = one_line(text, kColumnsMax);
  const std::string whole = shown == text ? "" : "<title>" + escape_xml(text) + "</title>";
  return fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}{}</text>\n", style, x, y, escape_xml(shown),
                     whole);
}

std::string svg_line(const Route& route, std::string_view style, bool has_head) {
  constexpr double kRadius = 8;
  const Route corners = corners_of(route);
  if (corners.size() < 2) return "";
  std::string path = fmt::format("M{:.1f} {:.1f}", corners[0].x, corners[0].y);
  for (std::size_t i = 1; i + 1 < corners.size(); ++i) {
    const double radius =
        std::min({kRadius, distance(corners[i - 1], corners[i]) / 2, distance(corners[i], corners[i + 1]) / 2});
    const Point before = toward(corners[i], corners[i - 1], radius);
    const Point behind = toward(corners[i], corners[i + 1], radius);
    path += fmt::format(" L{:.1f} {:.1f} Q{:.1f} {:.1f} {:.1f} {:.1f}", before.x, before.y, corners[i].x, corners[i].y,
                        behind.x, behind.y);
  }
  path += fmt::format(" L{:.1f} {:.1f}", corners.back().x, corners.back().y);
  const std::string head = has_head ? fmt::format(" marker-end=\"url(#{})\"", style) : "";
  return fmt::format("<path class=\"{}\" d=\"{}\"{}/>\n", style, path, head);
}

}  // namespace skald::graph
