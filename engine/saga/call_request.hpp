// The request of a step that calls, frozen: what every attempt of it sends.
#pragma once

#include <expected>
#include <string_view>

#include "engine/definition/steps/call.hpp"
#include "engine/saga/planner.hpp"
#include "engine/saga/request.hpp"

namespace skald::saga {

// Unexpected: the problem with which the step fails.
std::expected<RequestPtr, Payload> request_of(const Planner& planner, const definition::Step& step,
                                              const definition::CallStep& call, std::string_view path,
                                              const Payload& input);

}  // namespace skald::saga
