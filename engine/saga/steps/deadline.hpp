// `timeout` of a step that has no attempts: one with steps inside, a `wait`, a `listen`.
#pragma once

#include <optional>
#include <string_view>

#include "engine/saga/planner.hpp"

namespace skald::saga {

std::optional<Timestamp> deadline_of(const Planner& planner, const definition::Step& step);

// Whether it has passed, which is recorded once.
bool has_passed(Planner& planner, std::string_view path);

// The same, but that after a pivot it ends nothing any more.
bool is_late(Planner& planner, std::string_view path);

Payload lateness(const definition::Step& step);

}  // namespace skald::saga
