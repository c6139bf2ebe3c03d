#include "engine/saga/call_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/base/limits.hpp"
#include "engine/saga/data_flow.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/request_builder.hpp"
#include "engine/saga/steps/deadline.hpp"

namespace skald::saga {
namespace {

bool is_too_deep(const State& state) {
  return state.depth >= limits::kRunDepthMax;
}

Payload too_deep(const definition::Step& step) {
  const auto title =
      fmt::format("Workflows that run or start each other are {} deep here, which is the most", limits::kRunDepthMax);
  return make_problem("runtime", 0, title, {}, step.pointer);
}

std::optional<Millis> shorter(std::optional<Millis> one, std::optional<Millis> other) {
  return one && other ? std::min(one, other) : one ? one : other;
}

// What expressions told stays as it is for all attempts; constants are looked at with each. What it runs is told both.
std::optional<Error> set_timeout(Request& request, const Planner& planner, const definition::Step& step,
                                 std::string_view path, const Payload& input) {
  const auto timeout = timeout_of(planner, step, path, input);
  if (!timeout) return timeout.error();
  const auto* policy = planner.retry_policy(step, path);
  const auto limit = attempt_limit_of(planner, step, path, policy, input);
  if (!limit) return limit.error();
  if (request.run) {
    request.run->timeout = shorter(*timeout, *limit);
    return std::nullopt;
  }
  const bool limit_is_told = *limit && !definition::constant(policy->attempt_duration);
  const bool timeout_is_told = *timeout && !definition::constant(step.timeout);
  if (limit_is_told || timeout_is_told) request.timeout = shorter(*timeout, *limit);
  return std::nullopt;
}

}  // namespace

std::expected<RequestPtr, Payload> request_of(const Planner& planner, const definition::Step& step,
                                              const definition::CallStep& call, std::string_view path,
                                              const Payload& input) {
  if (is_run(call) && is_too_deep(planner.state())) return std::unexpected(too_deep(step));
  const auto seen = function_input(planner, step, path, input);
  if (!seen) return std::unexpected(seen.error());
  const Scope scope = call_scope(planner, step, path, *seen, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  auto request = build_request(call, planner.context().operations, seen->json(), variables, is_in_undo(path));
  if (!request) {
    const Error& error = request.error();
    return std::unexpected(make_problem(error.code, 0, error.message, error.detail, step.pointer));
  }
  if (const auto problem = set_timeout(*request, planner, step, path, input)) {
    return std::unexpected(expression_problem(*problem, step));
  }
  if (request->run) request->run->pivot = step.pivot;
  if (std::holds_alternative<definition::RunUndo>(call.target))
    request->undoes = planner.step(parent_of(path)).execution;
  return std::make_shared<const Request>(std::move(*request));
}

}  // namespace skald::saga
