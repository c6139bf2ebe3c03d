// After a crash or a takeover: what was in flight is lost, and is sent again under the same key. What went to this
// engine is not: it was written.
#include <fmt/format.h>

#include "engine/base/limits.hpp"
#include "engine/saga/decide_forward.hpp"
#include "engine/saga/decide_inputs.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/problem.hpp"

namespace skald::saga {
namespace {

void collect_in_flight(const StepState& step, std::vector<std::string>& paths) {
  const bool is_in_flight = step.attempts.in_flight || step.settling.in_flight;
  if (is_in_flight && !is_running_another(step)) paths.push_back(step.path);
  for (const auto& child : step.children) collect_in_flight(child, paths);
  for (const auto& undo : step.undo) collect_in_flight(undo, paths);
}

void lose_attempt(Planner& planner, const std::string& path) {
  const StepState& before = planner.step(path);
  const bool settling = before.settling.in_flight;
  planner.record(AttemptLost{.step = path, .attempt = settling ? before.settling.number : before.attempts.number});
  const StepState& instance = planner.step(path);
  const definition::Step& step = planner.step_definition(path);
  const auto& attempts = settling ? instance.settling : instance.attempts;
  if (attempts.lost_in_a_row >= limits::kCrashSuspicionsMax) {
    const auto title =
        fmt::format("The process has ended {} times in a row while this call was in flight", attempts.lost_in_a_row);
    return planner.raise_incident(path, IncidentKind::kQuarantined,
                                  make_problem("runtime", 0, title, {}, step.pointer));
  }
  const bool may_repeat =
      settling || planner.retry_policy(step, path) || step.pivot || step.on_unknown == definition::OnUnknown::kSettle;
  if (!may_repeat) {
    fail_step(planner, step, path,
              make_problem("communication", 0, "The process ended while the call was in flight", {}, step.pointer),
              true);
  }
}

}  // namespace

// One in quarantine is left as it is: what it makes of a lost call may be just what cannot be done.
void handle(Planner& planner, const RecoverExecution&) {
  if (is_terminal(planner.state().phase) || is_quarantined(planner.state())) return;
  std::vector<std::string> paths;
  collect_in_flight(planner.state().root, paths);
  for (const auto& path : paths) lose_attempt(planner, path);
}

void handle(Planner& planner, const QuarantineExecution& input) {
  if (is_terminal(planner.state().phase) || is_quarantined(planner.state())) return;
  planner.raise_incident("", IncidentKind::kQuarantined,
                         make_problem("runtime", 0, "The engine cannot go on with this execution", input.detail, {}));
}

}  // namespace skald::saga
