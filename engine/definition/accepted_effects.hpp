// Effects that may stand when an execution ends without having completed, since nobody needs to undo them:
//
//   metadata: { skald: { mayStand: "a note cannot be unsent, and does no harm" } }
//
// In a step's metadata, for that step and what is inside it. Nothing runs otherwise for it: the dry run takes such an
// effect for no error. read_silences() checks what is written there.
#pragma once

#include <map>
#include <string>

#include "engine/definition/definition.hpp"

namespace skald::definition {

// The reasons, by the path of the step. Read out of the source that the definition keeps.
std::map<std::string, std::string> accepted_effects(const Definition& definition);

}  // namespace skald::definition
