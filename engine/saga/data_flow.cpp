#include "engine/saga/data_flow.hpp"

#include <fmt/format.h>

#include "engine/saga/decide_forward.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/problem.hpp"

namespace skald::saga {

Payload expression_problem(const Error& error, const definition::Step& step) {
  return make_problem("expression", 0, error.message, error.detail, step.pointer);
}

std::optional<Payload> check_schema(const std::optional<definition::JsonSchema>& schema, const Payload& value,
                                    std::string_view what, std::string_view pointer) {
  if (!schema) return std::nullopt;
  const auto violations = schema->validate(value.json());
  if (violations.empty()) return std::nullopt;
  std::string detail;
  for (const auto& violation : violations) {
    if (!detail.empty()) detail += "; ";
    detail += violation.pointer + ": " + violation.message;
  }
  return make_problem("validation", 0, fmt::format("{} does not match its schema", what), detail, pointer);
}

std::expected<Payload, Payload> function_input(const Planner& planner, const definition::Step& step,
                                               std::string_view path, const Payload& input) {
  if (!step.function) return input;
  Payload seen = input;
  if (step.function->arguments) {
    auto rendered = render(planner, *step.function->arguments, input, scope_of(planner, step, path, &input, nullptr));
    if (!rendered) return std::unexpected(expression_problem(rendered.error(), step));
    seen = std::move(*rendered);
  }
  const auto& data = step.function->data;
  if (auto problem = check_schema(data.input_schema, seen, "The step's input to its function", step.pointer)) {
    return std::unexpected(std::move(*problem));
  }
  if (data.input_from) {
    const Payload given = seen;
    const Scope scope = call_scope(planner, step, path, given, nullptr);
    auto rendered = render(planner, *data.input_from, given, scope);
    if (!rendered) return std::unexpected(expression_problem(rendered.error(), step));
    seen = std::move(*rendered);
  }
  return seen;
}

std::expected<Payload, Payload> call_input(const Planner& planner, const definition::Step& step,
                                           std::string_view path) {
  // The undo that is a call itself looks at what its step left; every other step at its own input.
  const bool is_whole_undo = path.ends_with(kUndoSuffix);
  const StepState& instance = planner.step(is_whole_undo ? parent_of(path) : path);
  return function_input(planner, step, path, is_whole_undo ? instance.output : instance.input);
}

Scope call_scope(const Planner& planner, const definition::Step& step, std::string_view path, const Payload& seen,
                 const Payload* answer) {
  Scope scope = scope_of(planner, step, path, &seen, answer);
  if (!step.function) return scope;
  scope.input = &seen;
  if (answer) scope.output = answer;
  return scope;
}

std::expected<Payload, Payload> function_output(const Planner& planner, const definition::Step& step,
                                                std::string_view path, const Payload& answer) {
  if (!step.function) return answer;
  Payload made = answer;
  if (const auto& as = step.function->data.output_as) {
    const auto seen = call_input(planner, step, path);
    if (!seen) return std::unexpected(seen.error());
    auto rendered = render(planner, *as, answer, call_scope(planner, step, path, *seen, &answer));
    if (!rendered) return std::unexpected(expression_problem(rendered.error(), step));
    made = std::move(*rendered);
  }
  if (auto problem =
          check_schema(step.function->data.output_schema, made, "The step's function's output", step.pointer)) {
    return std::unexpected(std::move(*problem));
  }
  return made;
}

}  // namespace skald::saga
