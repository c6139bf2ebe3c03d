// Warnings that an author has looked at and silenced, by name and with a reason:
//
//   metadata: { skald: { silence: { no-undo-before-pivot: "the note cannot be unsent, and does no harm" } } }
//
// In a step's metadata for that step and what is inside it, in document.metadata for the whole document. Errors cannot
// be silenced, and a silence that silences nothing is a warning itself.
#pragma once

#include <string>

#include "engine/definition/mark.hpp"
#include "engine/definition/yaml_tree.hpp"

namespace skald::definition {

struct LoadContext;

struct Silence {
  std::string rule;
  std::string pointer;           // what it holds for, and for what is below; empty: the document
  const Node* reason = nullptr;  // outlives the load
  Mark mark;                     // of the rule's name
};

// Reads `skald` of a metadata map (accepted_effects.hpp says what else is there); the rest of the map is the author's.
// `holder`: the step's map, or the root.
void read_silences(LoadContext& context, const Node& metadata, const Node& holder);

// Takes the silenced warnings out of the report; the last word of a load. Where silences nest, the innermost counts as
// the one that was needed.
void apply_silences(LoadContext& context);

}  // namespace skald::definition
