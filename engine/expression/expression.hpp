// One compiled expression of the workflow language: the jq language, restricted and bounded.
//
// Compiled once a definition, then evaluated any number of times. Immutable and safe to share between threads; a copy
// shares the compiled program. Evaluation is a pure function of input, environment and limits: no clock, no I/O, no
// randomness. Objects are ordered by key. Source: the jq 1.6 manual, less what docs/workflow-language.md leaves out.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/json.hpp"
#include "engine/expression/environment.hpp"

namespace skald::expression {

struct Limits {
  std::size_t source_bytes_max = 4096;
  std::size_t depth_max = 200;
  std::size_t steps_max = 200'000;        // evaluation steps
  std::size_t value_bytes_max = 4 << 20;  // of all values alive and of the result
};

// Why a source does not compile; `offset` is in bytes from its start.
struct CompileError {
  std::string message;  // names the construct and, where there is one, the spelling to use instead
  std::size_t offset = 0;
};

// A free variable of an expression with the constant fields that follow it, for the static checks of definitions.
struct VariableUse {
  std::string name;                 // without the dollar
  std::vector<std::string> fields;  // {"charge", "output"} for $steps.charge.output
  std::size_t offset = 0;
};

struct Program;  // the compiled form

class Expression {
 public:
  // Accepts the text between `${` and `}`.
  static std::expected<Expression, CompileError> compile(std::string_view source, const Limits& limits = {});

  // Exactly one result, or an error "expression" whose message says what went wrong and whose subject is the source.
  Result<Json> evaluate(const Json& input, const Environment& environment, const Limits& limits = {}) const;

  // jq's truth: everything but false and null.
  Result<bool> evaluate_condition(const Json& input, const Environment& environment, const Limits& limits = {}) const;

  const std::string& source() const;
  const std::vector<VariableUse>& variables() const;
  // Whether it looks at `.` (a compensation that reads nothing but `.` deserves a warning).
  bool reads_input() const;
  // Whether what it gives is its input with something changed, which is true whatever was there (`.a = 1`).
  bool is_assignment() const;

 private:
  explicit Expression(std::shared_ptr<const Program> program);

  std::shared_ptr<const Program> program_;
};

}  // namespace skald::expression
