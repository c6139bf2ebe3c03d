#include "engine/saga/decide_forward.hpp"

#include <fmt/format.h>

#include "engine/base/limits.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {
namespace {

Payload expression_problem(const Error& error, const definition::Step& step) {
  return make_problem("expression", 0, error.message, error.detail, step.pointer);
}

// A validation error that names every violation, or nothing.
std::optional<Payload> check_schema(const std::optional<definition::JsonSchema>& schema, const Payload& value,
                                    std::string_view what, const definition::Step& step) {
  if (!schema) return std::nullopt;
  const auto violations = schema->validate(value.json());
  if (violations.empty()) return std::nullopt;
  std::string detail;
  for (const auto& violation : violations) {
    if (!detail.empty()) detail += "; ";
    detail += violation.pointer + ": " + violation.message;
  }
  return make_problem("validation", 0, fmt::format("The step's {} does not match its schema", what), detail,
                      step.pointer);
}

std::expected<bool, Payload> condition_holds(const Planner& planner, const definition::Step& step,
                                             std::string_view path, const Payload& input) {
  if (!step.condition) return true;
  const Scope scope = scope_of(planner, step, path, &input, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  auto holds = step.condition->evaluate_condition(input.json(), variables);
  if (!holds) return std::unexpected(expression_problem(holds.error(), step));
  return *holds;
}

void start_step(Planner& planner, const definition::Step& step, std::string_view path) {
  const Payload flowing = flowing_input(planner.state(), path);
  const auto holds = condition_holds(planner, step, path, flowing);
  if (!holds) return fail_step(planner, step, path, holds.error(), false);
  if (!*holds) return planner.record(StepSkipped{.step = std::string(path)});
  if (planner.state().position >= limits::kHistoryEventsMax && !is_in_undo(path)) {
    const auto title = fmt::format("The history has reached its limit of {} events", limits::kHistoryEventsMax);
    return fail_step(planner, step, path, make_problem("runtime", 0, title, {}, step.pointer), false);
  }
  Payload input = flowing;
  if (step.data.input_from) {
    auto rendered = render(planner, *step.data.input_from, flowing, scope_of(planner, step, path, &flowing, nullptr));
    if (!rendered) return fail_step(planner, step, path, expression_problem(rendered.error(), step), false);
    input = std::move(*rendered);
  }
  if (auto problem = check_schema(step.data.input_schema, input, "input", step)) {
    return fail_step(planner, step, path, std::move(*problem), false);
  }
  start_kind(planner, step, path, StepInput{.value = input, .changed = step.data.input_from.has_value()});
}

// A failure inside an undo: passed over, recorded, or held open for an operator.
void fail_in_undo(Planner& planner, const definition::Step& step, std::string_view path, Payload error, bool unknown) {
  const bool is_whole_undo = path.ends_with(kUndoSuffix);
  const bool passes_over = planner.definition().saga.on_error == definition::SagaOptions::OnError::kContinue;
  if (!is_whole_undo && step.on_error == definition::OnError::kContinue) {
    planner.record(
        StepFailed{.step = std::string(path), .error = std::move(error), .unknown = unknown, .continued = true});
  } else if (!passes_over) {
    planner.raise_incident(path, IncidentKind::kUndoFailed, std::move(error));
  } else if (is_whole_undo) {
    planner.record(UndoFailed{.step = std::string(path), .error = std::move(error)});
  } else {
    planner.record(StepFailed{.step = std::string(path), .error = std::move(error), .unknown = unknown});
  }
}

}  // namespace

Scope scope_of(const Planner& planner, const definition::Step& step, std::string_view path, const Payload* input,
               const Payload* output) {
  Scope scope{.path = path, .step = &step, .input = input, .output = output, .error = nullptr};
  if (!is_in_undo(path)) return scope;
  // Inside an undo, $input and $output are those of the step being undone, frozen when it ended.
  const StepState& undone = planner.step(step_of(path));
  scope.input = &undone.input;
  scope.output = &undone.output;
  scope.error = &planner.state().compensation.error;
  return scope;
}

Result<Payload> render(const Planner& planner, const expression::ValueTemplate& value, const Payload& input,
                       const Scope& scope) {
  const Variables variables(planner.definition(), planner.state(), scope);
  auto rendered = value.render(input.json(), variables);
  if (!rendered) return std::unexpected(std::move(rendered.error()));
  if (is_deeper_than(*rendered, kJsonDepthMax)) {
    return failure("expression", fmt::format("the value is nested deeper than {} levels", kJsonDepthMax));
  }
  return Payload::from_json(std::move(*rendered));
}

Progress advance_list(Planner& planner, const std::vector<definition::Step>& steps, std::string_view parent) {
  while (true) {
    const StepState& scope = planner.step(parent);
    if (!scope.children.empty()) {
      const StepState& last = scope.children.back();
      if (last.status == StepStatus::kRunning) {
        const std::string path = last.path;
        if (has_blocking_incident(planner.state(), path)) return Progress::kWaiting;
        if (!advance_kind(planner, planner.step_definition(path), path)) return Progress::kWaiting;
        continue;
      }
      if (last.status == StepStatus::kFailed && !last.continued) return Progress::kFailed;
    }
    if (scope.children.size() == steps.size()) return Progress::kCompleted;
    const definition::Step& next = steps[scope.children.size()];
    const std::string path = child_path(parent, next.name);
    // A step that could not even start may be held by an incident.
    if (has_blocking_incident(planner.state(), path)) return Progress::kWaiting;
    start_step(planner, next, path);
  }
}

void complete_step(Planner& planner, const definition::Step& step, std::string_view path, const Payload& output) {
  const StepState* instance = find_step(planner.state(), path);
  const Payload input = instance ? instance->input : flowing_input(planner.state(), path);
  const bool may_have_effect = instance && instance->request;
  Payload result = output;
  if (step.data.output_as) {
    auto rendered = render(planner, *step.data.output_as, output, scope_of(planner, step, path, &input, &output));
    if (!rendered) return fail_step(planner, step, path, expression_problem(rendered.error(), step), may_have_effect);
    result = std::move(*rendered);
  }
  if (auto problem = check_schema(step.data.output_schema, result, "output", step)) {
    return fail_step(planner, step, path, std::move(*problem), may_have_effect);
  }
  std::optional<Payload> exported;
  if (step.data.export_as) {
    auto rendered = render(planner, *step.data.export_as, result, scope_of(planner, step, path, &input, &result));
    if (!rendered) return fail_step(planner, step, path, expression_problem(rendered.error(), step), may_have_effect);
    exported = std::move(*rendered);
    if (auto problem = check_schema(step.data.export_schema, *exported, "exported context", step)) {
      return fail_step(planner, step, path, std::move(*problem), may_have_effect);
    }
  }
  planner.record(StepCompleted{.step = std::string(path),
                               .output = std::move(result),
                               .pivot = step.pivot,
                               .context = std::move(exported),
                               .status = step.status.completed});
}

void fail_step(Planner& planner, const definition::Step& step, std::string_view path, Payload error, bool unknown) {
  if (is_in_undo(path)) return fail_in_undo(planner, step, path, std::move(error), unknown);
  const bool continues = step.on_error == definition::OnError::kContinue;
  const bool parks = step.on_error == definition::OnError::kSuspend || planner.state().pivoted;
  if (!continues && parks && !planner.is_ending()) {
    return planner.raise_incident(path, IncidentKind::kStepFailed, std::move(error));
  }
  planner.record(StepFailed{.step = std::string(path),
                            .error = std::move(error),
                            .unknown = unknown,
                            .continued = continues,
                            .status = step.status.faulted});
}

void end_running_steps(Planner& planner, std::string_view path, const Payload& error) {
  // Always the last child: a `do` runs one step at a time. Innermost first.
  const StepState& scope = planner.step(path);
  if (scope.children.empty() || scope.children.back().status != StepStatus::kRunning) return;
  const std::string child = scope.children.back().path;
  end_running_steps(planner, child, error);
  planner.record(StepFailed{.step = child,
                            .error = error,
                            .unknown = planner.step(child).unknown,
                            .continued = false,
                            .status = planner.step_definition(child).status.faulted});
}

}  // namespace skald::saga
