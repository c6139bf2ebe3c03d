// Built-ins on numbers, and `type`, `length` and `not`.
#include <cmath>
#include <limits>

#include "engine/expression/arithmetic.hpp"
#include "engine/expression/builtins.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

using Arguments = std::span<Value>;

// Whole numbers stay as they are.
template <double (*F)(double)>
bool rounding(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_number()) return evaluator.fail_type(input, "number required");
  out = input.is_number_integer() ? Value(input) : Value::scalar(number(F(input.get<double>())));
  return true;
}

template <double (*F)(double)>
bool function(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_number()) return evaluator.fail_type(input, "number required");
  out = Value::scalar(number(F(input.get<double>())));
  return true;
}

bool pow_(Evaluator& evaluator, const Json&, Arguments arguments, Value& out) {
  for (const auto& argument : arguments) {
    if (!argument->is_number()) return evaluator.fail_type(*argument, "number required");
  }
  out = Value::scalar(number(std::pow(arguments[0]->get<double>(), arguments[1]->get<double>())));
  return true;
}

bool magnitude(Evaluator& evaluator, const Json& input, Value& out) {
  if (input.is_number_integer()) {
    if (input.is_number_unsigned() || input.get<std::int64_t>() >= 0) {
      out = Value(input);
      return true;
    }
    return negate(evaluator, input, out);
  }
  out = Value::scalar(number(std::abs(input.get<double>())));
  return true;
}

bool fabs_(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_number()) return evaluator.fail_type(input, "number required");
  return magnitude(evaluator, input, out);
}

bool length(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (input.is_number()) return magnitude(evaluator, input, out);
  if (input.is_boolean()) return evaluator.fail_type(input, "has no length");
  std::size_t size = input.is_null() ? 0 : input.size();
  if (input.is_string()) {
    size = utf8_count(input.get_ref<const std::string&>());
    if (!evaluator.work(size / 4)) return false;
  }
  out = Value::scalar(Json(static_cast<std::int64_t>(size)));
  return true;
}

bool type(Evaluator&, const Json& input, Arguments, Value& out) {
  static const Json kNames[] = {"null", "boolean", "number", "string", "array", "object"};
  for (const auto& name : kNames) {
    if (name.get_ref<const std::string&>() == kind_name(input)) out = Value(name);
  }
  return true;
}

bool not_(Evaluator&, const Json& input, Arguments, Value& out) {
  out = Value::scalar(Json(!truthy(input)));
  return true;
}

bool infinite(Evaluator&, const Json&, Arguments, Value& out) {
  out = Value::scalar(Json(std::numeric_limits<double>::infinity()));
  return true;
}

bool nan_(Evaluator&, const Json&, Arguments, Value& out) {
  out = Value::scalar(Json(std::numeric_limits<double>::quiet_NaN()));
  return true;
}

template <bool (*Test)(double)>
bool is(Evaluator&, const Json& input, Arguments, Value& out) {
  out = Value::scalar(Json(input.is_number() && Test(input.get<double>())));
  return true;
}

constexpr Builtin kMath[] = {
    {.name = "ceil", .value = rounding<std::ceil>},
    {.name = "exp", .value = function<std::exp>},
    {.name = "exp10", .value = function<[](double x) { return std::pow(10, x); }>},
    {.name = "exp2", .value = function<std::exp2>},
    {.name = "fabs", .value = fabs_},
    {.name = "floor", .value = rounding<std::floor>},
    {.name = "infinite", .value = infinite, .reads_input = false},
    {.name = "isfinite", .value = is<[](double x) { return !std::isinf(x); }>},
    {.name = "isinfinite", .value = is<[](double x) { return std::isinf(x); }>},
    {.name = "isnan", .value = is<[](double x) { return std::isnan(x); }>},
    {.name = "isnormal", .value = is<[](double x) { return std::isnormal(x); }>},
    {.name = "length", .value = length},
    {.name = "log", .value = function<std::log>},
    {.name = "log10", .value = function<std::log10>},
    {.name = "log2", .value = function<std::log2>},
    {.name = "nan", .value = nan_, .reads_input = false},
    {.name = "not", .value = not_},
    {.name = "pow", .arity = 2, .value = pow_, .reads_input = false},
    {.name = "round", .value = rounding<std::round>},
    {.name = "sqrt", .value = function<std::sqrt>},
    {.name = "trunc", .value = rounding<std::trunc>},
    {.name = "type", .value = type},
};

}  // namespace

std::span<const Builtin> math_builtins() {
  return kMath;
}

}  // namespace skald::expression
