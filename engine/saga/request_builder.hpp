// Freezes a call: evaluates its arguments once and turns them into the request that every attempt will send.
#pragma once

#include "engine/definition/operation_catalog.hpp"
#include "engine/definition/steps/call.hpp"
#include "engine/saga/request.hpp"
#include "engine/saga/variables.hpp"

namespace skald::saga {

// Errors: "expression" (evaluation), "configuration" (the operation is gone, a path parameter is missing).
Result<Request> build_request(const definition::CallStep& call, const definition::OperationCatalog& operations,
                              const Json& input, const expression::Environment& environment, bool is_undo);

}  // namespace skald::saga
