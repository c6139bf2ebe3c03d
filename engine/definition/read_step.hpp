// Readers of steps: the keys every kind has, and lists of steps.
#pragma once

#include <string>
#include <vector>

#include "engine/definition/load_context.hpp"
#include "engine/definition/step.hpp"

namespace skald::definition {

// `[ - name: body ... ]`. Paths are `prefix` plus the name: "", "order.", "charge/compensate.". Steps with errors stay
// in the list, so that references to them are not reported as well.
std::vector<Step> read_step_list(LoadContext& context, const Node& node, const std::string& prefix, bool is_undo);

// input.{from,schema}, output.{as,schema}, export.{as,schema} of a workflow or a step.
class MapReader;
DataFlow read_data_flow(LoadContext& context, MapReader& map, const Scope& scope, bool is_workflow);

}  // namespace skald::definition
