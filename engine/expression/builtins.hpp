// The table of built-in functions and formats.
//
// Two sorts of functions: a `value` function takes evaluated arguments and gives one result; a `special` one takes its
// arguments unevaluated and hands any number of results to a sink. A `path` function also knows where its results stand
// in the input, so that it may be used left of `=` and in path() and del().
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "engine/expression/ast.hpp"
#include "engine/expression/evaluator.hpp"

namespace skald::expression {

// A result that is borrowed must belong to `input`, never to an argument.
using ValueFunction = bool (*)(Evaluator&, const Json& input, std::span<Value> arguments, Value& out);
using SpecialFunction = bool (*)(Evaluator&, const Node& call, const Json& input, Sink sink);
using PathFunction = bool (*)(Evaluator&, const Node& call, const Json& input, Path& path, PathSink sink);

struct Builtin {
  std::string_view name;
  std::size_t arity = 0;
  ValueFunction value = nullptr;
  SpecialFunction special = nullptr;
  PathFunction path = nullptr;
  bool single = true;  // gives exactly one result when its arguments do (a special one: always)
  bool reads_input = true;
  bool path_argument = false;  // its first argument must be a path
  bool first_outer = false;    // the order in which arguments with several results are combined
  int regex = -1;              // the argument that holds a regular expression, -1 for none
  int regex_flags = -1;        // the argument that holds its flags
};

// Text for @name; false after Evaluator::fail.
struct Format {
  std::string_view name;
  bool (*apply)(Evaluator&, const Json& value, std::string& out);
};

const Builtin* find_builtin(std::string_view name, std::size_t arity);
const Format* find_format(std::string_view name);

// All of them, for suggestions and the documentation's test.
std::span<const std::span<const Builtin>> all_builtins();
std::span<const Format> all_formats();

// Fails with what jq says of a value that has no elements; false.
bool cannot_iterate(Evaluator& evaluator, const Json& value);

// The families, each in its own file.
std::span<const Builtin> array_builtins();
std::span<const Builtin> generator_builtins();
std::span<const Builtin> math_builtins();
std::span<const Builtin> object_builtins();
std::span<const Builtin> path_builtins();
std::span<const Builtin> regex_builtins();
std::span<const Builtin> selector_builtins();
std::span<const Builtin> string_builtins();
std::span<const Builtin> time_builtins();

// Compiles a regular expression into a form that many evaluations share. `error` says why it is refused.
std::shared_ptr<const re2::RE2> compile_regex(std::string_view pattern, std::string_view flags, std::string& error);

}  // namespace skald::expression
