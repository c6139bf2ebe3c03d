// `timeout`: how long it is, and of a step that has no attempts, one with steps inside, a `wait`, a `listen`, when it
// ends.
#pragma once

#include <optional>
#include <string_view>

#include "engine/saga/planner.hpp"

namespace skald::saga {

// How long it is; `seen` is the `.` of an expression, `what` begins the message about a value that is none, such as
// "The time to wait". Errors: "expression".
Result<Millis> length_of(const definition::Duration& duration, const Json& seen, const Variables& variables,
                         std::string_view what);

// How long the step may take, or each attempt of it; nullopt where it does not say. Errors: "expression".
Result<std::optional<Millis>> timeout_of(const Planner& planner, const definition::Step& step, std::string_view path,
                                         const Payload& input);

// limit.attempt.duration of the policy that the step follows, which may be null; nullopt where it does not say. Errors:
// "expression".
Result<std::optional<Millis>> attempt_limit_of(const Planner& planner, const definition::Step& step,
                                               std::string_view path, const definition::RetryPolicy* policy,
                                               const Payload& input);

// Of the whole workflow, for a start that has not been recorded. Errors: "expression".
Result<std::optional<Millis>> timeout_of(const definition::Definition& definition, const StartExecution& start);

// Whether it has passed, which is recorded once.
bool has_passed(Planner& planner, std::string_view path);

// The same of the round of a `try` that runs, which has taken longer than its attempts may.
bool has_attempt_passed(Planner& planner, std::string_view path);

// The same two, for what is ended by it; behind a pivot nothing is, and it is an incident.
bool is_late(Planner& planner, const definition::Step& step, std::string_view path);
bool is_attempt_late(Planner& planner, const definition::Step& step, std::string_view path);

Payload lateness(const definition::Step& step);
Payload lateness_of_attempt(const definition::Step& step);

}  // namespace skald::saga
