// What the row of an execution must say beside its history: phase, outcome, label, incidents, and when to wake it.
//
// The rule for wake_at: left idle (no call in flight), the row says exactly when decide() must be asked next, so that
// the execution may leave memory. Active, it says a time that stays in the future until the next append is due, so that
// nobody asks for it. It is absent only of what has ended.
//
// `resting` tells the two apart for recovery: nothing is in flight, nothing is being undone, no incident is open, and
// nothing is due for a minute. Every append leaves it right, and none is made for its sake but where an execution comes
// to rest or leaves it; then wake_at changes as well. Pure.
#pragma once

#include <optional>

#include "engine/base/time.hpp"
#include "engine/ports/history_store.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

// What to write when the execution goes on to `next`; nullopt where `stored` still says the right thing.
std::optional<ports::ExecutionSummary> summary_change(const ports::ExecutionSummary& stored, const saga::State& next,
                                                      Timestamp now);

}  // namespace skald::runtime
