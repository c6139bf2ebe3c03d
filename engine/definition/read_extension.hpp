// `use.extensions`: lists of steps before and after each step of a kind.
//
// A step that is extended becomes a list of that name: the steps of `before`, the step itself, the steps of `after`.
// Source: "Extension" of the DSL reference 1.0.3.
#pragma once

#include "engine/definition/load_context.hpp"
#include "engine/definition/step.hpp"

namespace skald::definition {

// Kept to be read with each step that they extend. `node` may be null.
void read_extensions(LoadContext& context, const Node* node);

// A step of a list of the document, which has its name and path, with the hooks around it.
void read_listed_step(LoadContext& context, const Node& body, const Scope& around, Step& step);

// What is wrong with those that no step was extended by.
void check_unused_extensions(LoadContext& context);

}  // namespace skald::definition
