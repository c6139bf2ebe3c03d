#include "engine/saga/data_flow.hpp"

#include <fmt/format.h>

#include "engine/saga/decide_forward.hpp"
#include "engine/saga/problem.hpp"

namespace skald::saga {

Payload expression_problem(const Error& error, const definition::Step& step) {
  return make_problem("expression", 0, error.message, error.detail, step.pointer);
}

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

std::expected<Payload, Payload> function_input(const Planner& planner, const definition::Step& step,
                                               std::string_view path, const Payload& input) {
  if (!step.function) return input;
  Payload seen = input;
  for (const auto* change : {&step.function->arguments, &step.function->data.input_from}) {
    if (!*change) continue;
    const Payload before = seen;
    auto rendered = render(planner, **change, before, scope_of(planner, step, path, &before, nullptr));
    if (!rendered) return std::unexpected(expression_problem(rendered.error(), step));
    seen = std::move(*rendered);
  }
  if (auto problem = check_schema(step.function->data.input_schema, seen, "input to its function", step)) {
    return std::unexpected(std::move(*problem));
  }
  return seen;
}

std::expected<Payload, Payload> function_output(const Planner& planner, const definition::Step& step,
                                                std::string_view path, const Payload& input, const Payload& answer) {
  if (!step.function) return answer;
  Payload made = answer;
  if (const auto& as = step.function->data.output_as) {
    auto rendered = render(planner, *as, answer, scope_of(planner, step, path, &input, &answer));
    if (!rendered) return std::unexpected(expression_problem(rendered.error(), step));
    made = std::move(*rendered);
  }
  if (auto problem = check_schema(step.function->data.output_schema, made, "function's output", step)) {
    return std::unexpected(std::move(*problem));
  }
  return made;
}

}  // namespace skald::saga
