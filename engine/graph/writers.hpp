// The three forms of a picture. Text from the definition is escaped for the form it goes into.
#pragma once

#include <string>

#include "engine/graph/graph.hpp"

namespace skald::graph {

// A flowchart for Mermaid 10 and later, without colours of its own: it takes those of the page.
std::string to_mermaid(const Graph& graph);

// For Graphviz: `dot -Tsvg`.
std::string to_dot(const Graph& graph);

// A document of its own (SVG 1.1 and CSS), light or dark as the reader's system is. No scripts, no fonts, no links.
std::string to_svg(const Graph& graph);

}  // namespace skald::graph
