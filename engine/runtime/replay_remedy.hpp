// What may be asked for where a replay was refused for what stands or was undone. Pure.
#pragma once

#include <functional>

#include "engine/base/error.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

// The refusal with a remedy out of those replays of the execution that `is_possible` allows. Other errors are left as
// they are.
Error with_remedy(Error refusal, const ReplayCommand& refused, const saga::State& original,
                  const std::function<bool(const ReplayCommand&)>& is_possible);

}  // namespace skald::runtime
