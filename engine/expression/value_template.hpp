// A JSON value with expressions in it, as `with`, `set`, `output.as` and the like hold: every string scalar of the form
// `${ ... }` is an expression, everything else is constant.
//
// Compiled once, immutable, shareable between threads. Strict mode: `${` inside other text is a compile error that
// suggests string interpolation.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression/expression.hpp"

namespace skald::expression {

// A compile error with the place inside the value it came from (RFC 6901).
struct TemplateError {
  std::string pointer;
  CompileError error;
};

class ValueTemplate {
 public:
  // All errors at once.
  static std::expected<ValueTemplate, std::vector<TemplateError>> compile(const Json& value, const Limits& limits = {});

  // A whole value that is one expression, as in `output: {as: .x}` where the wrapping may be left out.
  static ValueTemplate from_expression(Expression expression);

  Result<Json> render(const Json& input, const Environment& environment, const Limits& limits = {}) const;

  // The expressions in it, in document order, for static checks.
  std::vector<const Expression*> expressions() const;
  bool is_constant() const;

 private:
  struct Node;
  explicit ValueTemplate(std::shared_ptr<const Node> root);

  std::shared_ptr<const Node> root_;
};

// True for text of the form `${ ... }`; `inner` then is what stands between, with its offset in `text`.
bool is_wrapped_expression(std::string_view text, std::string_view* inner = nullptr, std::size_t* offset = nullptr);

// Where text opens an expression that it does not close; nullopt where there is no such place.
std::optional<std::size_t> find_unclosed_expression(std::string_view text);
inline constexpr std::string_view kUnclosedExpression = "the '}' that closes this '${' is missing";

}  // namespace skald::expression
