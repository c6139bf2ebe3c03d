#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <unordered_set>

#include "engine/graph/text.hpp"
#include "engine/graph/writers.hpp"

namespace skald::graph {
namespace {

constexpr std::size_t kMermaidColumnsMax = 60;
// Classes; no text of a definition has a colon left.
constexpr std::string_view kMermaidBack = ":::back";
constexpr std::string_view kPivot = ":::pivot";

// Everything that Mermaid, its markdown or HTML might read as more than text becomes a numeric entity.
std::string escape_mermaid(std::string_view text) {
  constexpr std::string_view kPlain = " .,/()=$!?+'_";
  std::string escaped;
  for (const char c : one_line(text, kMermaidColumnsMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalnum(byte) != 0 || kPlain.find(c) != std::string_view::npos) {
      escaped += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      escaped += ' ';
    } else {
      escaped += fmt::format("#{};", static_cast<int>(byte));
    }
  }
  return escaped;
}

std::string_view opening(Shape shape) {
  return shape == Shape::kSwitch ? "{" : shape == Shape::kWait ? "([" : "[";
}

std::string_view closing(Shape shape) {
  return shape == Shape::kSwitch ? "}" : shape == Shape::kWait ? "])" : "]";
}

class MermaidWriter {
 public:
  std::string write(const Graph& graph) {
    const bool is_undone = std::any_of(graph.edges.begin(), graph.edges.end(),
                                       [](const Edge& edge) { return edge.kind == EdgeKind::kBack; });
    const std::string_view legend = is_undone ? " (dotted, upwards: the way back when a later step fails)" : "";
    out_ = fmt::format("---\ntitle: \"{}{}\"\n---\nflowchart TB\n", graph.title, legend);
    std::string start = "start";
    for (const std::string& note : graph.notes) start += "<br/>" + escape_mermaid(note);
    line(fmt::format("n{}([\"{}\"])", graph.start, start));
    lane(graph.body);
    line(fmt::format("n{}([\"end\"])", graph.end));
    for (const Edge& edge : graph.edges) this->edge(edge);
    if (out_.find(kMermaidBack) != std::string::npos) line("classDef back stroke-dasharray: 5 4");
    if (out_.find(kPivot) != std::string::npos) line("classDef pivot stroke-width: 4px");
    return std::move(out_);
  }

 private:
  void line(std::string_view text) { out_ += std::string(depth_ * 2, ' ') + std::string(text) + "\n"; }

  void lane(const Lane& lane) {
    for (const Block& block : lane.blocks) this->block(block);
  }

  void block(const Block& block) {
    // A group has one line for all of it.
    const std::string_view next = block.lanes.empty() ? "<br/>" : ", ";
    std::string text = escape_mermaid(block.name);
    if (block.what != "switch") text += std::string(next) + escape_mermaid(block.what);
    for (const std::string& note : block.notes) text += std::string(next) + escape_mermaid(note);
    if (block.lanes.empty()) {
      if (block.undo)
        text += "<br/>undone by " + escape_mermaid(fmt::format("{}", fmt::join(block.undo->lines, ", then ")));
      line(fmt::format("n{}{}\"{}\"{}{}", block.id, opening(block.shape), text, closing(block.shape),
                       block.is_pivot ? kPivot : ""));
    } else {
      group(block, text);
    }
    if (block.gives_up != 0) {
      gives_up_.insert(block.gives_up);
      line(fmt::format("n{}([\"undo everything\"]){}", block.gives_up, kMermaidBack));
    }
    if (block.undo && !block.lanes.empty()) {
      line(fmt::format("n{}[\"undo {}<br/>{}\"]{}", block.undo->id, escape_mermaid(block.name),
                       escape_mermaid(fmt::format("{}", fmt::join(block.undo->lines, ", then "))), kMermaidBack));
    }
  }

  void group(const Block& block, std::string_view text) {
    line(fmt::format("subgraph n{}[\"{}\"]", block.id, text));
    ++depth_;
    if (block.opening != 0) line(fmt::format("n{}(( ))", block.opening));
    for (const Lane& inside : block.lanes) {
      if (inside.title.empty()) {
        lane(inside);
        continue;
      }
      line(fmt::format("subgraph n{}[\"{}\"]", inside.id, escape_mermaid(inside.title)));
      ++depth_;
      lane(inside);
      --depth_;
      line("end");
    }
    if (block.closing != 0) line(fmt::format("n{}(( ))", block.closing));
    --depth_;
    line("end");
  }

  // Mermaid lays out by the direction of lines, and turns some of those that run in circles: the way back is written
  // downwards, with its direction beside it.
  void edge(const Edge& edge) {
    const bool is_dotted = edge.kind != EdgeKind::kFlow && edge.kind != EdgeKind::kLoop;
    if (edge.kind == EdgeKind::kBack && !gives_up_.contains(edge.to)) {
      return line(fmt::format("n{} -.-|\"↑\"| n{}", edge.to, edge.from));
    }
    const std::string_view arrow = edge.kind == EdgeKind::kTie ? "-.-" : is_dotted ? "-.->" : "-->";
    const std::string label = edge.label.empty() ? "" : fmt::format("|\"{}\"|", escape_mermaid(edge.label));
    line(fmt::format("n{} {}{} n{}", edge.from, arrow, label, edge.to));
  }

  std::string out_;
  std::size_t depth_ = 1;
  std::unordered_set<NodeId> gives_up_;  // each "undo everything"
};

}  // namespace

std::string to_mermaid(const Graph& graph) {
  return MermaidWriter().write(graph);
}

}  // namespace skald::graph
