#include "engine/base/duration.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/steps/deadline.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {
namespace {

constexpr std::size_t kShownMax = 100;

Result<Millis> duration_of(const Planner& planner, const definition::Step& step, const definition::WaitStep& kind,
                           std::string_view path, const Payload& input) {
  if (const auto* fixed = std::get_if<Millis>(&kind.duration)) return *fixed;
  const Scope scope = scope_of(planner, step, path, &input, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  const auto value = std::get<expression::Expression>(kind.duration).evaluate(input.json(), variables);
  if (!value) return std::unexpected(value.error());
  const auto duration = value->is_string() ? parse_duration(value->get_ref<const std::string&>()) : std::nullopt;
  if (duration) return *duration;
  const std::string text = dump_json(*value);
  return failure("expression",
                 "The time to wait must be an ISO 8601 duration such as 'PT5S', without years and months, of 10000 "
                 "days at most",
                 {}, {},
                 text.size() <= kShownMax ? "got " + text : "got a value of " + std::to_string(text.size()) + " bytes");
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
  StepStarted opening = opening_of(planner, step, path, input);
  opening.wait_until = planner.now() + *duration;
  planner.record(std::move(opening));
}

bool advance(Planner& planner, const definition::Step& step, const definition::WaitStep&, std::string_view path) {
  const StepState& instance = planner.step(path);
  const bool is_over = planner.now() >= *instance.wait_until;
  const bool ends_in_time = !instance.deadline || *instance.wait_until <= *instance.deadline;
  if (!(is_over && ends_in_time) && is_late(planner, path)) {
    fail_step(planner, step, path, lateness(step), false);
    return true;
  }
  if (!is_over) return false;
  complete_step(planner, step, path, planner.step(path).input);
  return true;
}

}  // namespace skald::saga
