// What `saga.unique` makes of a start: the key that no other execution may have. Pure, any thread.
#pragma once

#include <optional>

#include "engine/base/error.hpp"
#include "engine/definition/definition.hpp"
#include "engine/ports/history_store.hpp"
#include "engine/saga/input.hpp"

namespace skald::runtime {

// Absent where the workflow says nothing of one, or its key is null for this input. Errors: "unique.invalid".
Result<std::optional<ports::UniqueKey>> unique_key_of(const definition::Definition& definition,
                                                      const saga::StartExecution& start, Timestamp at);

}  // namespace skald::runtime
