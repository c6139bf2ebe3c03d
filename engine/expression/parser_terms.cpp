// Terms: literals, calls, construction, control structures and the steps of a path.
#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "engine/expression/arithmetic.hpp"
#include "engine/expression/builtins.hpp"
#include "engine/expression/parser.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {

const Node* Parser::term() {
  const std::size_t offset = token_.offset;
  switch (token_.kind) {
    case TokenKind::kNumber:
      return number();
    case TokenKind::kString:
      return text(offset, find_format("text"));
    case TokenKind::kFormat:
      return formatted();
    case TokenKind::kVariable:
      return variable();
    case TokenKind::kIdentifier:
      return call();
    case TokenKind::kKeyword:
      return keyword();
    case TokenKind::kField:
      return nullptr;  // a path that starts at the input
    case TokenKind::kEnd:
      unexpected("an expression");
    case TokenKind::kSymbol:
      break;
  }
  if (token_.is_symbol("..")) {
    stop("'..' (recursion) is not part of the expression language; name the fields, or use paths or walk(f)", offset);
  }
  if (token_.is_symbol(".")) return nullptr;
  if (accept("(")) {
    const Node* inner = pipe();
    expect(")", "to close '('");
    return inner;
  }
  if (token_.is_symbol("[")) return array();
  if (token_.is_symbol("{")) return object();
  unexpected("an expression");
}

const Node* Parser::number() {
  const Token token = token_;
  const std::string_view digits = token.text;
  advance();
  const auto* end = digits.data() + digits.size();
  std::uint64_t whole = 0;
  if (const auto read = std::from_chars(digits.data(), end, whole); read.ptr == end && read.ec == std::errc()) {
    const bool fits = whole <= static_cast<std::uint64_t>(INT64_MAX);
    return constant(fits ? Json(static_cast<std::int64_t>(whole)) : Json(whole), token.offset);
  }
  double value = 0;
  const auto read = std::from_chars(digits.data(), end, value);
  if (read.ptr != end) stop(fmt::format("'{}' is not a number", digits), token.offset);
  if (read.ec == std::errc::result_out_of_range) value = digits.find('-') == digits.npos ? HUGE_VAL : 0;
  if (std::isinf(value)) value = std::numeric_limits<double>::max();
  return constant(skald::expression::number(value), token.offset);
}

const Node* Parser::keyword() {
  const std::size_t offset = token_.offset;
  const auto word = token_.text;
  if (word == "if") return condition();
  if (word == "try") return attempt();
  if (word == "reduce" || word == "foreach") return reduce_or_foreach();
  if (word == "__loc__") stop("'$__loc__' is not part of the expression language", offset);
  if (const auto why = why_left_out(word); !why.empty()) {
    stop(fmt::format("'{}' is not part of the expression language; {}", word, why), offset);
  }
  unexpected("an expression");
}

const Node* Parser::condition() {
  Node& node = make(Kind::kIf, token_.offset);
  do {
    advance();
    node.list.push_back(pipe());
    expect_keyword("then", "after the condition");
    node.list.push_back(pipe());
  } while (token_.is_keyword("elif"));
  if (token_.is_keyword("else")) {
    advance();
    node.a = pipe();
  }
  expect_keyword("end", "to close 'if'");
  return finish(node);
}

const Node* Parser::attempt() {
  const Nesting nesting(*this);
  Node& node = make(Kind::kTry, token_.offset);
  advance();
  const auto body = [&] { return token_.is_symbol("-") ? unary() : with_steps(term()); };
  node.a = body();
  if (token_.is_keyword("catch")) {
    advance();
    node.b = body();
  }
  return finish(node);
}

const Node* Parser::reduce_or_foreach() {
  const bool reduce = token_.text == "reduce";
  Node& node = make(reduce ? Kind::kReduce : Kind::kForeach, token_.offset);
  advance();
  node.a = with_steps(term());
  expect_keyword("as", reduce ? "after the source of 'reduce'" : "after the source of 'foreach'");
  std::vector<std::pair<std::string, std::uint32_t>> bound;
  node.pattern = pattern(bound);
  expect("(", "before the initial value");
  node.b = pipe();
  expect(";", "after the initial value");
  const std::size_t before = scope_.size();
  scope_.insert(scope_.end(), bound.begin(), bound.end());
  node.c = pipe();
  if (!reduce && accept(";")) node.d = pipe();
  scope_.resize(before);
  expect(")", reduce ? "to close 'reduce'" : "to close 'foreach'");
  return finish(node);
}

const Node* Parser::array() {
  Node& node = make(Kind::kArray, token_.offset);
  advance();
  if (accept("]")) return constant(Json::array(), node.offset);
  node.a = pipe();
  expect("]", "to close '['");
  return finish(node);
}

const Node* Parser::object() {
  Node& node = make(Kind::kObject, token_.offset);
  advance();
  if (accept("}")) return constant(Json::object(), node.offset);
  do {
    if (token_.is_symbol("}")) break;
    object_member(node);
  } while (accept(","));
  expect("}", "to close '{'");
  return finish(node);
}

void Parser::object_member(Node& object) {
  const Token key = token_;
  const Node* key_node = nullptr;
  const Node* shorthand = nullptr;  // the value when only the key is written
  switch (key.kind) {
    case TokenKind::kVariable:
      key_node = constant(std::string(key.text), key.offset);
      object.list.insert(object.list.end(), {key_node, variable()});
      return;
    case TokenKind::kIdentifier:
    case TokenKind::kKeyword: {
      advance();
      key_node = constant(std::string(key.text), key.offset);
      Node& path = make(Kind::kPath, key.offset);
      add_key(path, key_node, key.offset);
      shorthand = finish(path);
      break;
    }
    case TokenKind::kString:
    case TokenKind::kFormat: {
      key_node = term();
      Node& path = make(Kind::kPath, key.offset);
      add_key(path, key_node, key.offset);
      shorthand = finish(path);
      break;
    }
    case TokenKind::kNumber:
      stop("an object key must be a string; write it in quotes", key.offset);
    default:
      if (!accept("(")) unexpected("a key: a name, a string, $name or (expression)");
      key_node = pipe();
      expect(")", "after the key");
      if (key_node->kind == Kind::kConstant && !key_node->constant.is_string()) {
        stop(fmt::format("Cannot use {} ({}) as object key", kind_name(key_node->constant), brief(key_node->constant)),
             key_node->offset);
      }
  }
  if (!shorthand || token_.is_symbol(":")) {
    expect(":", "after the key");
    shorthand = object_value();
  }
  object.list.insert(object.list.end(), {key_node, shorthand});
}

// Terms joined by pipes. jq knows nothing more here, so nothing more is accepted.
const Node* Parser::object_value() {
  const Nesting nesting(*this);
  const std::size_t offset = token_.offset;
  const Node* left = nullptr;
  if (accept("-")) {
    Node& node = make(Kind::kNegate, offset);
    node.a = object_value();
    return finish(node);
  }
  left = with_steps(term());
  if (token_.is_symbol("|")) {
    const std::size_t pipe_offset = token_.offset;
    advance();
    return binary(Kind::kPipe, Op::kNone, left, object_value(), pipe_offset);
  }
  if (!token_.is_symbol(",") && !token_.is_symbol("}") && token_.kind != TokenKind::kEnd) {
    const bool operation = token_.kind == TokenKind::kSymbol || token_.is_keyword("and") || token_.is_keyword("or") ||
                           token_.is_keyword("as");
    if (operation && !token_.is_symbol(")") && !token_.is_symbol("]") && !token_.is_symbol(";")) {
      stop(fmt::format("put the value of the object member in parentheses: (... {} ...)",
                       source_.substr(token_.offset, token_.end - token_.offset)),
           offset);
    }
  }
  return left;
}

// The token is the opening quote.
const Node* Parser::text(std::size_t offset, const Format* format) {
  Node& node = make(Kind::kText, offset);
  lexer_.seek(token_.end);
  for (;;) {
    auto part = lexer_.next_string_part();
    if (!part) {
      const std::size_t at = part.error().offset;
      stop(std::move(part.error().message), at < source_.size() ? at : offset);
    }
    if (!part->text.empty()) node.list.push_back(constant(std::move(part->text), offset));
    if (!part->interpolation) break;
    advance();
    Node& inserted = make(Kind::kFormat, token_.offset);
    inserted.format = format;
    inserted.a = pipe();
    if (!token_.is_symbol(")")) unexpected("')' to close '\\('");
    lexer_.seek(token_.end);
    node.list.push_back(finish(inserted));
  }
  advance();
  if (node.list.empty()) return constant("", offset);
  if (node.list.size() == 1 && node.list[0]->kind == Kind::kConstant) return node.list[0];
  return finish(node);
}

const Node* Parser::formatted() {
  const Token token = token_;
  const Format* format = find_format(token.text);
  if (!format) {
    const std::string nearest = nearest_format(token.text);
    stop(fmt::format("unknown format '@{}'{}", token.text,
                     nearest.empty() ? "" : fmt::format("; did you mean '@{}'?", nearest)),
         token.offset);
  }
  advance();
  if (token_.kind == TokenKind::kString) return text(token.offset, format);
  Node& node = make(Kind::kFormat, token.offset);
  node.format = format;
  return finish(node);
}

const Node* Parser::variable() {
  const Token token = token_;
  for (auto local = scope_.rbegin(); local != scope_.rend(); ++local) {
    if (local->first != token.text) continue;
    advance();
    Node& node = make(Kind::kLocal, token.offset);
    node.slot = local->second;
    return finish(node);
  }
  if (token.text == "ENV") {
    stop("'$ENV' is not part of the expression language; pass the value as input of the workflow", token.offset);
  }
  if (token.text == "__loc__" || token.text == "__prog_args") {
    stop(fmt::format("'${}' is not part of the expression language", token.text), token.offset);
  }
  advance();
  Node& node = make(Kind::kExternal, token.offset);
  node.name = token.text;
  return finish(node);
}

const Node* Parser::call() {
  const Token name = token_;
  advance();
  if (name.text == "true" || name.text == "false") return constant(name.text == "true", name.offset);
  if (name.text == "null") return constant(nullptr, name.offset);
  Node& node = make(Kind::kCall, name.offset);
  node.name = name.text;
  if (accept("(")) {
    do {
      node.list.push_back(pipe());
    } while (accept(";"));
    expect(")", fmt::format("to close '{}('", name.text));
  }
  check_call(name, node);
  return finish(node);
}

}  // namespace skald::expression
