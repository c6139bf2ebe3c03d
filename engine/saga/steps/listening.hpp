// When a step that listens has what it listens for.
#pragma once

#include <string_view>

#include "engine/saga/decide_forward.hpp"

namespace skald::saga {

// Whether a step has what it listens for, or why that cannot be told.
Result<bool> has_all(const Planner& planner, const definition::Step& step, const definition::ListenStep& kind,
                     std::string_view path);

// Whether none of its iterations is under way. A step without `foreach` has none.
bool is_between_iterations(const StepState& step);

// The step has taken an event. Where it does not go on at once, since an iteration is under way or somebody's word is
// waited for, it is told here whether that was the last one, so that none is taken behind it.
void heard(Planner& planner, const definition::Step& step, const definition::ListenStep& kind, std::string_view path);

}  // namespace skald::saga
