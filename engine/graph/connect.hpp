// The lines of a picture whose boxes are made: the way forward and the way back.
#pragma once

#include "engine/graph/graph.hpp"

namespace skald::graph {

// From each step to whatever may follow it; fills Block::goes_on and Lane::jumps too. The boxes are those of the
// definition.
void connect_flow(Graph& graph, const definition::Definition& definition);

// From each undo to the one before it, the last of them to the start. A fork's branches go back beside each other,
// through its closing and its opening.
void connect_way_back(Graph& graph);

}  // namespace skald::graph
