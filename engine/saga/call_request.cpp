#include "engine/saga/call_request.hpp"

#include <fmt/format.h>

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
  const auto timeout = timeout_of(planner, step, path, input);
  if (!timeout) return std::unexpected(expression_problem(timeout.error(), step));
  if (!request->run && !definition::constant(step.timeout)) request->timeout = *timeout;
  if (request->run) {
    request->run->timeout = *timeout;
    request->run->pivot = step.pivot;
  }
  if (std::holds_alternative<definition::RunUndo>(call.target))
    request->undoes = planner.step(parent_of(path)).execution;
  return std::make_shared<const Request>(std::move(*request));
}

}  // namespace skald::saga
