// The checks that need the whole document: variables and references, pivots, budgets, reachability.
#pragma once

#include "engine/definition/definition.hpp"
#include "engine/definition/load_context.hpp"

namespace skald::definition {

// All of them.
void check(LoadContext& context, const Node& root, const Definition& definition);

// Which variables an expression uses, and what its `$steps.<name>` mean.
void check_variables(LoadContext& context, const Definition& definition);

// Pivots, and the calls before and behind them.
void check_pivots(LoadContext& context, const Node& root, const Definition& definition);

// Retries that cannot fit into the timeout around them.
void check_budgets(LoadContext& context, const Node& root, const Definition& definition);

// Targets of `then`, and steps that no way leads to.
void check_flow(LoadContext& context, const Node& root, const Definition& definition);

// What it emits that its own schedule starts it for.
void check_starts(LoadContext& context, const Node& root, const Definition& definition);

// Compensations that look at nothing but the output of the step they undo.
void check_compensations(LoadContext& context, const Node& root, const Definition& definition);

}  // namespace skald::definition
