// The checks that need the whole document: variables and references, pivots, budgets, reachability.
#pragma once

#include "engine/definition/definition.hpp"
#include "engine/definition/load_context.hpp"

namespace skald::definition {

// All of them, and the default retry of the steps behind a pivot.
void check(LoadContext& context, const Node& root, Definition& definition);

// Which variables an expression uses, and what its `$steps.<name>` mean.
void check_variables(LoadContext& context, const Definition& definition);

// Calls before and behind a pivot; fills in the retry of those behind it that have none.
void check_pivots(LoadContext& context, const Node& root, Definition& definition);

// Retries that cannot fit into the timeout around them.
void check_budgets(LoadContext& context, const Node& root, const Definition& definition);

// Targets of `then`, and steps that no way leads to.
void check_flow(LoadContext& context, const Node& root, const Definition& definition);

// Compensations that look at nothing but the output of the step they undo.
void check_compensations(LoadContext& context, const Node& root, const Definition& definition);

}  // namespace skald::definition
