#include "engine/expression/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/expression/builtins.hpp"

namespace skald::expression {

Parser::Parser(std::string_view source, const Limits& limits, Program& program)
    : source_(source), limits_(limits), program_(program), lexer_(source) {}

std::expected<void, CompileError> Parser::parse() {
  try {
    advance();
    if (token_.kind == TokenKind::kEnd) stop("the expression is empty", 0);
    program_.root = pipe();
    if (token_.kind != TokenKind::kEnd) unexpected("an operator or the end");
    collect_variables();
    return {};
  } catch (Stop& stop) {
    return std::unexpected(std::move(stop.error));
  }
}

void Parser::stop(std::string message, std::size_t offset) {
  throw Stop{CompileError{std::move(message), offset}};
}

void Parser::stop_nesting(std::size_t offset) {
  stop(fmt::format("nested deeper than {} levels", limits_.depth_max), offset);
}

std::string Parser::describe(const Token& token) const {
  if (token.kind == TokenKind::kEnd) return "end of the expression";
  return fmt::format("'{}'", source_.substr(token.offset, token.end - token.offset));
}

void Parser::unexpected(std::string_view wanted) {
  if (token_.is_symbol("&")) stop("unexpected '&'; write 'and'", token_.offset);
  stop(fmt::format("unexpected {}, expected {}", describe(token_), wanted), token_.offset);
}

void Parser::advance() {
  auto next = lexer_.next();
  if (!next) throw Stop{std::move(next.error())};
  token_ = *next;
}

bool Parser::accept(std::string_view symbol) {
  if (!token_.is_symbol(symbol)) return false;
  advance();
  return true;
}

Token Parser::expect(std::string_view symbol, std::string_view why) {
  if (!token_.is_symbol(symbol)) unexpected(fmt::format("'{}' {}", symbol, why));
  const Token token = token_;
  advance();
  return token;
}

void Parser::expect_keyword(std::string_view word, std::string_view why) {
  if (!token_.is_keyword(word)) unexpected(fmt::format("'{}' {}", word, why));
  advance();
}

Node& Parser::make(Kind kind, std::size_t offset) {
  Node& node = program_.nodes.emplace_back();
  node.kind = kind;
  node.offset = offset;
  return node;
}

const Node* Parser::finish(Node& node) {
  finish_node(node);
  if (node.height > limits_.depth_max) stop_nesting(node.offset);
  return &node;
}

const Node* Parser::constant(Json value, std::size_t offset) {
  Node& node = make(Kind::kConstant, offset);
  node.constant = std::move(value);
  return finish(node);
}

const Node* Parser::binary(Kind kind, Op op, const Node* left, const Node* right, std::size_t offset) {
  Node& node = make(kind, offset);
  node.op = op;
  node.a = left;
  node.b = right;
  return finish(node);
}

const Node* Parser::require_path(const Node* node, std::string_view where) {
  if (!node->is_path) {
    stop(fmt::format("{} must be a path such as .a or .items[]", where), node->offset);
  }
  return node;
}

const Node* Parser::pipe() {
  const Nesting nesting(*this);
  std::vector<std::pair<const Node*, std::size_t>> stages{{comma(), 0}};
  while (token_.is_symbol("|")) {
    const std::size_t offset = token_.offset;
    advance();
    stages.emplace_back(comma(), offset);
  }
  const Node* node = stages.back().first;
  for (std::size_t i = stages.size() - 1; i > 0; --i) {
    node = binary(Kind::kPipe, Op::kNone, stages[i - 1].first, node, stages[i].second);
  }
  return node;
}

const Node* Parser::comma() {
  const Node* first = alternative();
  if (!token_.is_symbol(",")) return first;
  Node& node = make(Kind::kComma, token_.offset);
  node.list.push_back(first);
  while (accept(",")) node.list.push_back(alternative());
  return finish(node);
}

// Right-associative.
const Node* Parser::alternative() {
  std::vector<std::pair<const Node*, std::size_t>> parts{{assignment(), 0}};
  while (token_.is_symbol("//")) {
    const std::size_t offset = token_.offset;
    advance();
    parts.emplace_back(assignment(), offset);
  }
  const Node* node = parts.back().first;
  for (std::size_t i = parts.size() - 1; i > 0; --i) {
    node = binary(Kind::kAlternative, Op::kNone, parts[i - 1].first, node, parts[i].second);
  }
  return node;
}

namespace {

struct Assignment {
  std::string_view symbol;
  Kind kind;
  Op op;
};

constexpr Assignment kAssignments[] = {
    {"=", Kind::kAssign, Op::kNone},        {"|=", Kind::kUpdate, Op::kNone},
    {"+=", Kind::kOpUpdate, Op::kAdd},      {"-=", Kind::kOpUpdate, Op::kSubtract},
    {"*=", Kind::kOpUpdate, Op::kMultiply}, {"/=", Kind::kOpUpdate, Op::kDivide},
    {"%=", Kind::kOpUpdate, Op::kModulo},   {"//=", Kind::kOpUpdate, Op::kAlternative},
};

struct Comparison {
  std::string_view symbol;
  Op op;
};

constexpr Comparison kComparisons[] = {{"==", Op::kEqual},     {"!=", Op::kNotEqual}, {"<", Op::kLess},
                                       {"<=", Op::kLessEqual}, {">", Op::kGreater},   {">=", Op::kGreaterEqual}};

}  // namespace

const Node* Parser::assignment() {
  const Node* left = disjunction();
  for (const auto& [symbol, kind, op] : kAssignments) {
    if (!token_.is_symbol(symbol)) continue;
    const std::size_t offset = token_.offset;
    require_path(left, fmt::format("the left side of '{}'", symbol));
    advance();
    return binary(kind, op, left, disjunction(), offset);
  }
  return left;
}

const Node* Parser::disjunction() {
  const Node* left = conjunction();
  while (token_.is_keyword("or")) {
    const std::size_t offset = token_.offset;
    advance();
    left = binary(Kind::kOr, Op::kNone, left, conjunction(), offset);
  }
  return left;
}

const Node* Parser::conjunction() {
  const Node* left = comparison();
  while (token_.is_keyword("and")) {
    const std::size_t offset = token_.offset;
    advance();
    left = binary(Kind::kAnd, Op::kNone, left, comparison(), offset);
  }
  return left;
}

const Node* Parser::comparison() {
  const Node* left = additive();
  for (const auto& [symbol, op] : kComparisons) {
    if (!token_.is_symbol(symbol)) continue;
    const std::size_t offset = token_.offset;
    advance();
    const Node* node = binary(Kind::kCompare, op, left, additive(), offset);
    for (const auto& other : kComparisons) {
      if (token_.is_symbol(other.symbol)) stop("comparisons do not chain; use 'and'", token_.offset);
    }
    return node;
  }
  return left;
}

const Node* Parser::additive() {
  const Node* left = multiplicative();
  while (token_.is_symbol("+") || token_.is_symbol("-")) {
    const Op op = token_.text == "+" ? Op::kAdd : Op::kSubtract;
    const std::size_t offset = token_.offset;
    advance();
    left = binary(Kind::kArithmetic, op, left, multiplicative(), offset);
  }
  return left;
}

const Node* Parser::multiplicative() {
  const Node* left = unary();
  while (token_.is_symbol("*") || token_.is_symbol("/") || token_.is_symbol("%")) {
    const Op op = token_.text == "*" ? Op::kMultiply : token_.text == "/" ? Op::kDivide : Op::kModulo;
    const std::size_t offset = token_.offset;
    advance();
    left = binary(Kind::kArithmetic, op, left, unary(), offset);
  }
  return left;
}

// A minus takes everything up to the next + or -, as in jq.
const Node* Parser::unary() {
  if (!token_.is_symbol("-")) return postfix();
  const Nesting nesting(*this);
  const std::size_t offset = token_.offset;
  advance();
  const Node* operand = multiplicative();
  if (operand->kind == Kind::kConstant && operand->constant.is_number()) {
    const Json& value = operand->constant;
    if (value.is_number_float() || value == 0) return constant(-value.get<double>(), offset);
    if (!value.is_number_unsigned()) return constant(-value.get<std::int64_t>(), offset);
  }
  Node& node = make(Kind::kNegate, offset);
  node.a = operand;
  return finish(node);
}

const Node* Parser::postfix() {
  const Nesting nesting(*this);
  const Node* node = with_steps(term());
  return token_.is_keyword("as") ? bind(node) : node;
}

const Node* Parser::bind(const Node* source) {
  Node& node = make(Kind::kBind, token_.offset);
  advance();
  std::vector<std::pair<std::string, std::uint32_t>> bound;
  node.pattern = pattern(bound);
  expect("|", "after the variables of 'as'");
  const std::size_t before = scope_.size();
  scope_.insert(scope_.end(), bound.begin(), bound.end());
  node.a = source;
  node.b = pipe();
  scope_.resize(before);
  return finish(node);
}

Pattern Parser::pattern(std::vector<std::pair<std::string, std::uint32_t>>& bound) {
  const Nesting nesting(*this);
  Pattern result;
  result.offset = token_.offset;
  if (token_.kind == TokenKind::kVariable) {
    result.slot = program_.slots++;
    bound.emplace_back(token_.text, result.slot);
    advance();
  } else if (accept("[")) {
    result.kind = Pattern::Kind::kArray;
    do {
      result.elements.push_back(pattern(bound));
    } while (accept(","));
    expect("]", "at the end of the array pattern");
  } else if (accept("{")) {
    object_pattern(result, bound);
  } else {
    unexpected("a variable such as $x, [$first, $second] or {name: $x}");
  }
  if (token_.is_symbol("?//")) {
    stop("alternative destructuring '?//' is not part of the expression language; use if and type", token_.offset);
  }
  return result;
}

void Parser::object_pattern(Pattern& pattern_, std::vector<std::pair<std::string, std::uint32_t>>& bound) {
  pattern_.kind = Pattern::Kind::kObject;
  do {
    Pattern::Member member;
    bool needs_value = true;
    const std::size_t offset = token_.offset;
    if (token_.kind == TokenKind::kVariable) {
      member.slot = static_cast<int>(program_.slots++);
      bound.emplace_back(token_.text, static_cast<std::uint32_t>(member.slot));
      member.key = constant(std::string(token_.text), offset);
      advance();
      needs_value = false;
    } else if (token_.kind == TokenKind::kIdentifier || token_.kind == TokenKind::kKeyword) {
      member.key = constant(std::string(token_.text), offset);
      advance();
    } else if (token_.kind == TokenKind::kString) {
      member.key = text(offset, find_format("text"));
    } else if (accept("(")) {
      member.key = pipe();
      expect(")", "after the key");
    } else {
      unexpected("a key: a name, a string, $name or (expression)");
    }
    if (needs_value && !token_.is_symbol(":")) unexpected("':' and a pattern");
    if (accept(":")) {
      member.has_value = true;
      member.value = pattern(bound);
    }
    pattern_.members.push_back(std::move(member));
  } while (accept(","));
  expect("}", "at the end of the object pattern");
}

}  // namespace skald::expression
