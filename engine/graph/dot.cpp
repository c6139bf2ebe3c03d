#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "engine/graph/text.hpp"
#include "engine/graph/writers.hpp"

namespace skald::graph {
namespace {

constexpr std::size_t kDotColumnsMax = 60;
constexpr std::string_view kDotBack = "color=\"#b45309\", fontcolor=\"#b45309\", style=dashed";

std::string escape_dot(std::string_view text) {
  return escape_xml(one_line(text, kDotColumnsMax));
}

const Block& last_leaf(const Lane& lane) {
  const Block& block = lane.blocks.back();
  return block.lanes.empty() ? block : last_leaf(block.lanes.back());
}

class DotWriter {
 public:
  std::string write(const Graph& graph) {
    std::string title = fmt::format("<b>{}</b>", escape_dot(graph.title));
    for (const std::string& note : graph.notes) title += "<br/>" + escape_dot(note);
    line(fmt::format("digraph \"{}\" {{", graph.title));
    ++depth_;
    line("graph [compound=true, rankdir=TB, labelloc=t, fontname=Helvetica, fontsize=13, nodesep=0.4, label=<" + title +
         ">]");
    line("node [shape=box, style=rounded, fontname=Helvetica, fontsize=11]");
    line("edge [fontname=Helvetica, fontsize=10, arrowsize=0.7]");
    line(fmt::format("n{} [label=\"start\", shape=ellipse]", graph.start));
    lane(graph.body);
    line(fmt::format("n{} [label=\"end\", shape=ellipse]", graph.end));
    for (const Edge& edge : graph.edges) this->edge(edge);
    --depth_;
    line("}");
    return std::move(out_);
  }

 private:
  void line(std::string_view text) { out_ += std::string(depth_ * 2, ' ') + std::string(text) + "\n"; }

  void lane(const Lane& lane) {
    for (const Block& block : lane.blocks) this->block(block);
  }

  static std::string text_of(const Block& block) {
    const std::string next = block.lanes.empty() ? "<br/>" : "<br align=\"left\"/>";
    std::string text = fmt::format("<b>{}</b>", escape_dot(block.name));
    if (block.what != "switch") text += next + escape_dot(block.what);
    for (const std::string& note : block.notes) text += next + "<font point-size=\"9\">" + escape_dot(note) + "</font>";
    return block.lanes.empty() ? text : text + next;
  }

  void block(const Block& block) {
    if (!block.lanes.empty()) {
      group(block);
    } else {
      const std::string_view shape = block.shape == Shape::kSwitch ? ", shape=diamond, style=\"\"" : "";
      std::string text = text_of(block);
      if (block.undo) {
        for (const std::string& step : block.undo->lines) {
          text += fmt::format("<br/><font point-size=\"9\" color=\"#b45309\">undone by {}</font>", escape_dot(step));
        }
      }
      line(fmt::format("n{} [label=<{}>{}{}]", block.id, text, shape, block.is_pivot ? ", penwidth=3" : ""));
    }
    if (block.gives_up != 0) {
      gives_up_.insert(block.gives_up);
      line(fmt::format("n{} [label=\"undo everything\", {}]", block.gives_up, kDotBack));
    }
    if (!block.undo || block.lanes.empty()) return;
    std::string text = fmt::format("<b>undo {}</b>", escape_dot(block.name));
    for (const std::string& step : block.undo->lines) text += "<br/>" + escape_dot(step);
    line(fmt::format("n{} [label=<{}>, {}]", block.undo->id, text, kDotBack));
  }

  void open_cluster(NodeId id, std::string_view label, std::string_view style) {
    line(fmt::format("subgraph cluster_n{} {{", id));
    ++depth_;
    line(fmt::format("graph [label=<{}>, labeljust=l, fontsize=11, {}]", label, style));
  }

  void close_cluster() {
    --depth_;
    line("}");
  }

  void group(const Block& block) {
    open_cluster(block.id, text_of(block), "style=rounded, color=\"#64748b\"");
    constexpr std::string_view kBar =
        "label=\"\", shape=box, style=filled, fillcolor=\"#334155\", height=0.05, width=1.2";
    if (block.opening != 0) line(fmt::format("n{} [{}]", block.opening, kBar));
    for (const Lane& inside : block.lanes) {
      if (!inside.title.empty())
        open_cluster(inside.id, escape_dot(inside.title), "style=\"rounded,dotted\", color=\"#64748b\"");
      lane(inside);
      leaves_.emplace(inside.id, last_leaf(inside).id);
      if (!inside.title.empty()) close_cluster();
    }
    leaves_.insert_or_assign(block.id, last_leaf(block.lanes.back()).id);
    if (block.closing != 0) line(fmt::format("n{} [{}]", block.closing, kBar));
    close_cluster();
  }

  // Lines end at nodes; one that begins at a group begins at a node in it and is cut at the group's border.
  void edge(const Edge& edge) {
    NodeId from = edge.from;
    std::string style;
    const auto also = [&](std::string_view text) { style += (style.empty() ? "" : ", ") + std::string(text); };
    if (edge.kind == EdgeKind::kError || edge.kind == EdgeKind::kTie) {
      from = leaves_.at(edge.from);
      also(fmt::format("ltail=cluster_n{}", edge.from));
    }
    if (!edge.label.empty()) also(fmt::format("label=<{}>", escape_dot(edge.label)));
    if (edge.kind == EdgeKind::kError) also("color=\"#b91c1c\", fontcolor=\"#b91c1c\"");
    if (edge.kind == EdgeKind::kLoop) also("constraint=false");
    if (edge.kind == EdgeKind::kTie) also("dir=none, " + std::string(kDotBack));
    if (edge.kind == EdgeKind::kBack)
      also(std::string(kDotBack) + (gives_up_.contains(edge.to) ? "" : ", constraint=false"));
    line(fmt::format("n{} -> n{}{}", from, edge.to, style.empty() ? "" : " [" + style + "]"));
  }

  std::string out_;
  std::size_t depth_ = 0;
  std::unordered_map<NodeId, NodeId> leaves_;  // of each group, a node in it
  std::unordered_set<NodeId> gives_up_;        // each "undo everything"
};

}  // namespace

std::string to_dot(const Graph& graph) {
  return DotWriter().write(graph);
}

}  // namespace skald::graph
