#include "engine/expression/expression.hpp"

#include <fmt/format.h>

#include <cfloat>
#include <cmath>
#include <exception>

#include "engine/expression/evaluator.hpp"
#include "engine/expression/parser.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

constexpr std::size_t kErrorValueBytesMax = 200;

// What was raised, in words. Positions are told for errors of ours; error("...") speaks for itself.
std::string message_of(const Evaluator& evaluator) {
  const Json& error = evaluator.error();
  const std::string text = error.is_string() ? error.get<std::string>() : brief(error, kErrorValueBytesMax);
  return evaluator.user_error() ? text : fmt::format("{} (at byte {})", text, evaluator.error_offset());
}

std::unexpected<Error> evaluation_error(const Program& program, std::string message) {
  return failure("expression", std::move(message), program.source);
}

// JSON has no NaN and no infinity: null and the largest number, as jq prints them.
void make_finite(Json& value) {
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::isnan(number)) {
      value = nullptr;
    } else if (std::isinf(number)) {
      value = number > 0 ? DBL_MAX : -DBL_MAX;
    }
  } else if (value.is_structured()) {
    for (auto& item : value) make_finite(item);
  }
}

// Runs the program for its one result and hands that to `use`.
Result<void> run(const Program& program, const Json& input, const Environment& environment, const Limits& limits,
                 FunctionRef<bool(Evaluator&, Value&&)> use) {
  try {
    Evaluator evaluator(program, environment, limits);
    std::size_t results = 0;
    if (program.root->single) {
      Value value;
      if (evaluator.one(*program.root, input, value) && use(evaluator, std::move(value))) return {};
    } else {
      const bool done = evaluator.each(
          *program.root, input, [&](Value&& value) { return ++results == 1 && use(evaluator, std::move(value)); });
      if (done && results == 1) return {};
    }
    if (evaluator.failed()) return evaluation_error(program, message_of(evaluator));
    if (results == 0) return evaluation_error(program, "gives no result, expected one");
    return evaluation_error(program, "gives more than one result, expected one; collect them with [...]");
  } catch (const std::exception& error) {
    return failure("expression", "could not be evaluated", program.source, {}, error.what());
  }
}

}  // namespace

std::expected<Expression, CompileError> Expression::compile(std::string_view source, const Limits& limits) {
  if (source.size() > limits.source_bytes_max) {
    return std::unexpected(CompileError{fmt::format("the expression is longer than {} bytes", limits.source_bytes_max),
                                        limits.source_bytes_max});
  }
  if (!utf8_valid(source)) return std::unexpected(CompileError{"the expression is not valid UTF-8", 0});
  auto program = std::make_shared<Program>();
  program->source = source;
  // The parser's views must point into what the program keeps.
  if (auto parsed = Parser(program->source, limits, *program).parse(); !parsed) {
    return std::unexpected(std::move(parsed.error()));
  }
  return Expression(std::move(program));
}

Expression::Expression(std::shared_ptr<const Program> program) : program_(std::move(program)) {}

Result<Json> Expression::evaluate(const Json& input, const Environment& environment, const Limits& limits) const {
  Json result;
  const auto done = run(*program_, input, environment, limits, [&](Evaluator& evaluator, Value&& value) {
    Extent extent;
    return evaluator.take(std::move(value), result, extent);
  });
  if (!done) return std::unexpected(done.error());
  make_finite(result);
  return result;
}

Result<bool> Expression::evaluate_condition(const Json& input, const Environment& environment,
                                            const Limits& limits) const {
  bool result = false;
  const auto done = run(*program_, input, environment, limits, [&](Evaluator&, Value&& value) {
    result = truthy(*value);
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return result;
}

const std::string& Expression::source() const {
  return program_->source;
}

const std::vector<VariableUse>& Expression::variables() const {
  return program_->variables;
}

bool Expression::is_assignment() const {
  const auto assigns = [](const auto& self, const Node& node) -> bool {
    if (node.kind == Kind::kAnd || node.kind == Kind::kOr) return self(self, *node.a) || self(self, *node.b);
    return node.kind == Kind::kAssign || node.kind == Kind::kUpdate || node.kind == Kind::kOpUpdate;
  };
  return assigns(assigns, *program_->root);
}

bool Expression::reads_input() const {
  return program_->root->reads_input;
}

}  // namespace skald::expression
