// The way back: what is to be undone, in which order, and what became of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/saga/planner.hpp"

namespace skald::saga {

// A step whose undo is owed and has not completed.
struct UndoUnit {
  std::string path;
  UndoStatus status = UndoStatus::kNone;  // of its undo, when the list was made
};

// In the order of undoing: steps that are completed or unknown, with a compensation; a composite that completed stands
// for its children, but for those whose outcome is unknown.
std::vector<UndoUnit> undo_units(const Planner& planner);

// Begins the compensation, or ends the execution where nothing is to be undone.
void begin_ending(Planner& planner, CompensationReason reason, std::string_view failed_step, const Payload& error);

// Undoes what was done inside a step while the execution goes on. True when there is nothing left to undo.
bool undo_inside(Planner& planner, const ScopeUndoStarted& undo);

// Takes the compensation as far as it goes, and ends the execution after the last undo.
void advance_compensation(Planner& planner);

}  // namespace skald::saga
