// The life of a step as a table: from which place which event leads where.
//
// apply() is total and does not consult it; the tests hold every event that decide() ever records against it, and the
// drawing in docs/life-of-an-execution.md is made from it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/saga/state.hpp"

namespace skald::saga {

struct Transition {
  std::string_view from;   // a place, "" for a step that does not exist yet
  std::string_view event;  // kind
  std::string_view to;

  bool operator==(const Transition&) const = default;
};

// Where a step stands, in one word: "calling", "backing-off" (or lost, or held), "running" (a `do`), "completed",
// "failed", "skipped", "settling", "settled", "undoing", "undone", "undo-failed", "undo-skipped".
std::string_view place_of(const StepState& step);

// Every transition there is.
std::span<const Transition> step_transitions();

// The table as a Mermaid state diagram.
std::string step_diagram();

}  // namespace skald::saga
