#include "engine/saga/data_flow.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/request_builder.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {

void start(Planner& planner, const definition::Step& step, const definition::CallStep& kind, std::string_view path,
           const StepInput& input) {
  const auto seen = function_input(planner, step, path, input.value);
  if (!seen) return fail_step(planner, step, path, seen.error(), false);
  const Scope scope = call_scope(planner, step, path, *seen, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  auto request = build_request(kind, planner.context().operations, seen->json(), variables);
  if (!request) {
    const Error& error = request.error();
    fail_step(planner, step, path, make_problem(error.code, 0, error.message, error.detail, step.pointer), false);
    return;
  }
  planner.record(StepStarted{.step = std::string(path),
                             .round = planner.round_of(path),
                             .request = std::move(*request),
                             .input = input.if_changed(),
                             .deadline = std::nullopt,
                             .status = step.status.running});
  planner.send(path, false);
}

bool advance(Planner& planner, const definition::Step&, const definition::CallStep&, std::string_view path) {
  const StepState& instance = planner.step(path);
  const bool settles = instance.settling.number != 0;
  const Attempts& attempts = settles ? instance.settling : instance.attempts;
  if (attempts.in_flight || (attempts.retry_at && *attempts.retry_at > planner.now())) return false;
  if (settles) {
    planner.start_settling(path);
  } else {
    planner.start_attempt(path);
  }
  return true;
}

}  // namespace skald::saga
