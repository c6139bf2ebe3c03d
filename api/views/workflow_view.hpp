// Registered definitions as the API shows them. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "engine/definition/load.hpp"
#include "engine/runtime/definitions.hpp"

namespace skald::api {

// A row of a list: names, version, digest, revision, origin, title.
void append_workflow_item(std::string& out, const runtime::RegisteredDefinition& registered);
// The whole: the row, the outline of the steps, the source; `warnings` of a registration.
std::string workflow_view(const runtime::RegisteredDefinition& registered,
                          const std::vector<definition::Diagnostic>& warnings);

}  // namespace skald::api
