#include "engine/saga/decide_forward.hpp"

#include <fmt/format.h>

#include "engine/base/limits.hpp"
#include "engine/saga/data_flow.hpp"
#include "engine/saga/end_scope.hpp"
#include "engine/saga/list_flow.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/steps/deadline.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {
namespace {

std::expected<bool, Payload> condition_holds(const Planner& planner, const definition::Step& step,
                                             std::string_view path, const Payload& input) {
  if (!step.condition) return true;
  const Scope scope = scope_of(planner, step, path, &input, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  auto holds = step.condition->evaluate_condition(input.json(), variables);
  if (!holds) return std::unexpected(expression_problem(holds.error(), step));
  return *holds;
}

// What the step begins with, before its own input.from.
std::expected<Payload, Payload> given_to(const Planner& planner, const definition::Step& step, std::string_view path,
                                         std::uint32_t round) {
  if (step.given.is_input_around) return planner.step(parent_of(path)).input;
  if (!step.given.arguments) return flowing_input(planner.state(), path, round);
  const std::string_view caller = parent_of(path);
  const Payload& input = planner.step(caller).input;
  const definition::Step& calling = planner.step_definition(caller);
  const Scope scope = scope_of(planner, calling, caller, &input, nullptr);
  auto rendered = render(planner, *step.given.arguments, input, scope);
  if (!rendered) return std::unexpected(expression_problem(rendered.error(), calling));
  return std::move(*rendered);
}

void start_step(Planner& planner, const definition::Step& step, std::string_view path, std::uint32_t round) {
  planner.enter(path, round);
  if (is_at_limit(planner) && !is_in_undo(path)) {
    const auto title = fmt::format("The history has reached its limit of {} events", limits::kHistoryEventsMax);
    return fail_step(planner, step, path, make_problem("runtime", 0, title, {}, step.pointer), false);
  }
  const auto given = given_to(planner, step, path, round);
  if (!given) return fail_step(planner, step, path, given.error(), false);
  const Payload& flowing = *given;
  const auto holds = condition_holds(planner, step, path, flowing);
  if (!holds) return fail_step(planner, step, path, holds.error(), false);
  if (!*holds) return planner.record(StepSkipped{.step = std::string(path), .round = round});
  if (auto problem = check_schema(step.data.input_schema, flowing, "The step's input", step.pointer)) {
    return fail_step(planner, step, path, std::move(*problem), false);
  }
  Payload input = flowing;
  if (step.data.input_from) {
    auto rendered = render(planner, *step.data.input_from, flowing, scope_of(planner, step, path, &flowing, nullptr));
    if (!rendered) return fail_step(planner, step, path, expression_problem(rendered.error(), step), false);
    input = std::move(*rendered);
  }
  const bool changed = step.data.input_from || step.given.arguments || step.given.is_input_around;
  std::optional<Millis> timeout;
  if (!std::holds_alternative<definition::CallStep>(step.kind)) {
    const auto told = timeout_of(planner, step, path, input);
    if (!told) return fail_step(planner, step, path, expression_problem(told.error(), step), false);
    timeout = *told;
  }
  start_kind(planner, step, path, StepInput{.value = input, .changed = changed, .timeout = timeout});
}

// What goes on behind a step that failed before it began is what came to it, which is not what its hooks have left.
void open_between_hooks(Planner& planner, std::string_view path) {
  planner.record(StepStarted{.step = std::string(path),
                             .round = planner.round_of(path),
                             .request = nullptr,
                             .input = planner.step(parent_of(path)).input,
                             .status = {}});
}

// The call of a step is done, whatever cannot be made of its answer.
void keep_answer(Planner& planner, const definition::Step& step, std::string_view path, const Payload& answer) {
  const StepState& instance = planner.step(path);
  planner.record(AttemptCompleted{.step = std::string(path),
                                  .attempt = std::max(instance.attempts.number, instance.settling.number),
                                  .answer = answer,
                                  .pivot = step.pivot});
}

// A failure inside an undo: passed over, recorded, or held open for an operator.
void fail_in_undo(Planner& planner, const definition::Step& step, std::string_view path, Payload error, bool unknown) {
  const bool is_whole_undo = path.ends_with(kUndoSuffix);
  const bool passes_over = planner.definition().saga.on_error == definition::SagaOptions::OnError::kContinue;
  if (!is_whole_undo && step.on_error == definition::OnError::kContinue) {
    planner.record(StepFailed{.step = std::string(path),
                              .round = planner.round_of(path),
                              .error = std::move(error),
                              .unknown = unknown,
                              .continued = true,
                              .then = step.then});
  } else if (!passes_over) {
    planner.raise_incident(path, IncidentKind::kUndoFailed, std::move(error));
  } else if (is_whole_undo) {
    planner.record(UndoFailed{.step = std::string(path), .error = std::move(error)});
  } else {
    planner.record(StepFailed{.step = std::string(path),
                              .round = planner.round_of(path),
                              .error = std::move(error),
                              .unknown = unknown,
                              .then = {},
                              .status = {}});
  }
}

}  // namespace

Scope scope_of(const Planner& planner, const definition::Step& step, std::string_view path, const Payload* input,
               const Payload* output) {
  Scope scope{.path = path,
              .step = &step,
              .input = input,
              .output = output,
              .error = nullptr,
              .round = planner.round_of(path),
              .now = planner.now()};
  if (!is_in_undo(path)) return scope;
  // Inside an undo, $input and $output are those of the step being undone, frozen when it ended.
  const StepState& undone = planner.step(step_of(path));
  scope.input = &undone.input;
  scope.output = &undone.output;
  const ScopeUndo* part = scope_undo_around(planner.state(), path);
  scope.error = part ? &part->error : &planner.state().compensation.error;
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

Progress advance_list(Planner& planner, std::span<const definition::Step> steps, std::string_view parent,
                      std::uint32_t round) {
  while (true) {
    if (is_ending(planner.state())) return Progress::kWaiting;
    const StepState& scope = planner.step(parent);
    const StepState* last = last_entry(scope, round);
    if (last != nullptr && last->status == StepStatus::kRunning) {
      const std::string path = last->path;
      if (has_blocking_incident(planner.state(), path)) return Progress::kWaiting;
      if (!advance_kind(planner, planner.step_definition(path), path)) return Progress::kWaiting;
      continue;
    }
    if (last != nullptr && last->status == StepStatus::kFailed && !last->continued) return Progress::kFailed;
    const std::size_t place = last == nullptr ? 0 : next_place(steps, *last);
    if (place == steps.size()) return Progress::kCompleted;
    const std::string path = child_path(parent, entry_name(scope, steps[place].name));
    // A step that could not even start may be held by an incident.
    if (has_blocking_incident(planner.state(), path) || !planner.may_start()) return Progress::kWaiting;
    start_step(planner, steps[place], path, round);
  }
}

void complete_step(Planner& planner, const definition::Step& step, std::string_view path, const Payload& answer,
                   Completion completion) {
  const StepState* instance = find_step(planner.state(), path);
  const std::uint32_t round = planner.round_of(path);
  const Payload input = completion.input ? *completion.input
                        : instance       ? instance->input
                                         : flowing_input(planner.state(), path, round);
  const auto fail = [&](Payload problem) {
    if (instance && instance->request) keep_answer(planner, step, path, answer);
    fail_step(planner, step, path, std::move(problem), false);
  };
  const auto made = function_output(planner, step, path, answer);
  if (!made) return fail(made.error());
  const Payload& output = *made;
  Payload result = output;
  if (step.data.output_as) {
    auto rendered = render(planner, *step.data.output_as, output, scope_of(planner, step, path, &input, &output));
    if (!rendered) return fail(expression_problem(rendered.error(), step));
    result = std::move(*rendered);
  }
  if (auto problem = check_schema(step.data.output_schema, result, "The step's output", step.pointer)) {
    return fail(std::move(*problem));
  }
  std::optional<Payload> exported;
  if (step.data.export_as) {
    Scope scope = scope_of(planner, step, path, &input, &result);
    scope.raw_output = &output;
    auto rendered = render(planner, *step.data.export_as, result, scope);
    if (!rendered) return fail(expression_problem(rendered.error(), step));
    exported = std::move(*rendered);
    if (auto problem = check_schema(step.data.export_schema, *exported, "The step's exported context", step.pointer)) {
      return fail(std::move(*problem));
    }
  }
  const bool ends = instance && !instance->children.empty() && instance->children.back().then == definition::kThenEnd;
  std::string directive = ends ? std::string(definition::kThenEnd) : completion.then.value_or(step.then);
  if (directive == definition::kThenCompensate && is_over(planner, path)) directive.clear();
  if (directive == definition::kThenCompensate && planner.state().pivoted) {
    const auto title = "The workflow is to be undone, but it has passed its pivot";
    if (instance && instance->request) keep_answer(planner, step, path, answer);
    return planner.raise_incident(path, IncidentKind::kStepFailed, make_problem("runtime", 0, title, {}, step.pointer));
  }
  planner.record(StepCompleted{.step = std::string(path),
                               .round = round,
                               .output = std::move(result),
                               .pivot = step.pivot,
                               .context = std::move(exported),
                               .then = std::move(directive),
                               .emitted = std::move(completion.emitted),
                               .status = step.status.completed});
}

bool is_at_limit(const Planner& planner) {
  return planner.state().position >= limits::kHistoryEventsMax;
}

void fail_step(Planner& planner, const definition::Step& step, std::string_view path, Payload error, bool unknown) {
  if (is_in_undo(path)) return fail_in_undo(planner, step, path, std::move(error), unknown);
  const bool continues = step.on_error == definition::OnError::kContinue && !is_at_limit(planner);
  const bool has_no_way_back = planner.state().pivoted && !planner.is_being_tried(path);
  const bool parks = step.on_error == definition::OnError::kSuspend || has_no_way_back;
  if (!continues && parks && !is_ending(planner.state())) {
    return planner.raise_incident(path, IncidentKind::kStepFailed, std::move(error));
  }
  if (continues && step.given.is_input_around && find_step(planner.state(), path) == nullptr) {
    open_between_hooks(planner, path);
  }
  planner.record(
      StepFailed{.step = std::string(path),
                 .round = planner.round_of(path),
                 .error = std::move(error),
                 .unknown = unknown,
                 .continued = continues,
                 .then = continues && !is_over(planner, path) ? planner.directive_after(step) : std::string(),
                 .status = step.status.faulted});
}

}  // namespace skald::saga
