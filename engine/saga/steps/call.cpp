#include "engine/saga/call_request.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {

void start(Planner& planner, const definition::Step& step, const definition::CallStep& kind, std::string_view path,
           const StepInput& input) {
  auto request = request_of(planner, step, kind, path, input.value);
  if (!request) return fail_step(planner, step, path, request.error(), false);
  planner.record(StepStarted{.step = std::string(path),
                             .round = planner.round_of(path),
                             .request = *request,
                             .input = input.if_changed(),
                             .deadline = std::nullopt,
                             .execution = planner.execution_for(**request),
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
