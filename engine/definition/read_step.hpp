// Readers of steps: the keys every kind has, and lists of steps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/definition/load_context.hpp"
#include "engine/definition/step.hpp"

namespace skald::definition {

// `[ - name: body ... ]` inside what `around` names: the workflow, a step, an undo. Steps with errors stay in the list,
// so that references to them are not reported as well.
std::vector<Step> read_step_list(LoadContext& context, const Node& node, const Scope& around);

// What stands below a step's name. `step` has its name and path; keeps what it could read.
void read_step_body(LoadContext& context, const Node& body, const Scope& around, Step& step);

// Whether a list's item is a map of one key, its name; reported where it is not. `what`: "step", "case".
bool is_list_item(LoadContext& context, const Node& item, std::string_view what);

// The value of a `then`, as Step::then has it. Whether its target exists is for check_flow().
std::string read_directive(LoadContext& context, const Node& node, const Scope& scope);

// input.{from,schema}, output.{as,schema}, export.{as,schema} of a workflow or a step.
class MapReader;
DataFlow read_data_flow(LoadContext& context, MapReader& map, const Scope& scope, bool is_workflow);
void read_output(LoadContext& context, MapReader& map, const Scope& scope, Slot slot, DataFlow& data);
void read_export(LoadContext& context, MapReader& map, const Scope& scope, Slot slot, DataFlow& data);

}  // namespace skald::definition
