// `run: {workflow: ...}`: an execution of another workflow as a step of this one.
//
// Source: "Run" of the DSL reference 1.0.3. Like a call it has attempts, an outcome and an undo: the participant is
// this engine.
#pragma once

#include <optional>
#include <string>

#include "engine/expression/value_template.hpp"

namespace skald::definition {

struct WorkflowRun {
  std::string namespace_name;
  std::string workflow;
  std::string version;  // empty: the highest release when it starts
  std::optional<expression::ValueTemplate> input;
  bool awaited = true;  // false: the step ends as soon as the execution has begun
};

// The undo of a step that runs a workflow and has no `compensate`: what it ran undoes itself.
struct RunUndo {};

}  // namespace skald::definition
