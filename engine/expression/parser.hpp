// Recursive descent over the tokens of an expression, with jq's precedences, lowest first:
//
//   |   ,   //   = |= += -= *= /= %= //=   or   and   == != < <= > >=   + -   * / %   unary -, postfix
//
// Builds the tree with local variables resolved to slots, built-ins looked up and constant regular expressions
// compiled. The first problem ends it.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression/ast.hpp"
#include "engine/expression/lexer.hpp"

namespace skald::expression {

class Parser {
 public:
  Parser(std::string_view source, const Limits& limits, Program& program);

  // Fills the program, or says what is wrong.
  std::expected<void, CompileError> parse();

 private:
  // Thrown and caught inside parse(): a parser of this shape is unreadable when every call checks its result.
  struct Stop {
    CompileError error;
  };
  // Bounds the recursion of the parser itself.
  class Nesting {
   public:
    explicit Nesting(Parser& parser) : parser_(parser) {
      if (++parser_.nesting_ > parser_.limits_.depth_max) parser_.stop_nesting(parser_.token_.offset);
    }
    ~Nesting() { --parser_.nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Parser& parser_;
  };

  // What may be parsed inside: object values stop at ',' and know no binary operators.
  const Node* pipe();
  const Node* comma();
  const Node* alternative();
  const Node* assignment();
  const Node* disjunction();
  const Node* conjunction();
  const Node* comparison();
  const Node* additive();
  const Node* multiplicative();
  const Node* unary();
  const Node* postfix();
  const Node* term();
  const Node* object_value();

  const Node* bind(const Node* source);
  const Node* reduce_or_foreach();
  const Node* condition();
  const Node* attempt();
  const Node* object();
  void object_member(Node& object);
  const Node* array();
  const Node* text(std::size_t offset, const Format* format);
  const Node* formatted();
  const Node* call();
  const Node* variable();
  const Node* number();
  const Node* keyword();
  void check_call(const Token& name, Node& call);
  void compile_regex_argument(Node& call);

  // Reads the steps behind a term; `base` null stands for the input, whose dot or field was not read yet.
  const Node* with_steps(const Node* base);
  bool step(Node*& path, const Node*& base);
  Node& extend(Node*& path, const Node* base);
  void bracket_step(Node& path);
  void add_key(Node& path, const Node* key, std::size_t offset);
  const Node* finish_path(Node& path);
  void collect_variables();

  Pattern pattern(std::vector<std::pair<std::string, std::uint32_t>>& bound);
  void object_pattern(Pattern& pattern, std::vector<std::pair<std::string, std::uint32_t>>& bound);

  Node& make(Kind kind, std::size_t offset);
  const Node* finish(Node& node);
  const Node* constant(Json value, std::size_t offset);
  const Node* binary(Kind kind, Op op, const Node* left, const Node* right, std::size_t offset);
  const Node* require_path(const Node* node, std::string_view where);

  void advance();
  bool accept(std::string_view symbol);
  Token expect(std::string_view symbol, std::string_view why);
  void expect_keyword(std::string_view word, std::string_view why);
  [[noreturn]] void stop(std::string message, std::size_t offset);
  [[noreturn]] void stop_nesting(std::size_t offset);
  [[noreturn]] void unexpected(std::string_view wanted);
  std::string describe(const Token& token) const;

  std::string_view source_;
  const Limits& limits_;
  Program& program_;
  Lexer lexer_;
  Token token_;  // the one looked at
  std::size_t nesting_ = 0;
  std::vector<std::pair<std::string, std::uint32_t>> scope_;
};

// Why a name is not part of the language and what to use instead; empty for names that are, or that nobody knows.
std::string_view why_left_out(std::string_view name);

// The nearest of the known names, or empty.
std::string nearest_builtin(std::string_view name);
std::string nearest_format(std::string_view name);

}  // namespace skald::expression
