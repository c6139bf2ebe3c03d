#include <fmt/format.h>

#include "engine/base/duration.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {
namespace {

Result<Millis> duration_of(const Planner& planner, const definition::Step& step, const definition::WaitStep& kind,
                           std::string_view path, const Payload& input) {
  if (const auto* fixed = std::get_if<Millis>(&kind.duration)) return *fixed;
  const Scope scope = scope_of(planner, step, path, &input, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  const auto value = std::get<expression::Expression>(kind.duration).evaluate(input.json(), variables);
  if (!value) return std::unexpected(value.error());
  const auto duration = value->is_string() ? parse_duration(value->get_ref<const std::string&>()) : std::nullopt;
  if (duration) return *duration;
  return failure("expression", "The time to wait must be an ISO 8601 duration such as 'PT5S'", {}, {},
                 fmt::format("got {}", value->dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 100)));
}

}  // namespace

void start(Planner& planner, const definition::Step& step, const definition::WaitStep& kind, std::string_view path,
           const StepInput& input) {
  const auto duration = duration_of(planner, step, kind, path, input.value);
  if (!duration) {
    const Error& error = duration.error();
    fail_step(planner, step, path, make_problem("expression", 0, error.message, error.detail, step.pointer), false);
    return;
  }
  std::optional<Timestamp> deadline;
  if (step.timeout) deadline = planner.now() + *step.timeout;
  planner.record(StepStarted{.step = std::string(path),
                             .request = nullptr,
                             .input = input.if_changed(),
                             .deadline = deadline,
                             .wait_until = planner.now() + *duration,
                             .status = step.status.running});
}

bool advance(Planner& planner, const definition::Step& step, const definition::WaitStep&, std::string_view path) {
  const StepState& instance = planner.step(path);
  const bool is_cut_short = instance.deadline && *instance.deadline < *instance.wait_until;
  if (planner.now() < (is_cut_short ? *instance.deadline : *instance.wait_until)) return false;
  if (is_cut_short) {
    const auto error = make_problem("timeout", 0, "The step took longer than its timeout", {}, step.pointer);
    fail_step(planner, step, path, error, false);
    return true;
  }
  complete_step(planner, step, path, instance.input);
  return true;
}

}  // namespace skald::saga
