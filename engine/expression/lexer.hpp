// Splits the source of an expression into tokens, on demand.
//
// Strings are read in parts because they may hold expressions: after a kString token the parser calls
// next_string_part() until it says the string ended.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "engine/expression/expression.hpp"
#include "engine/expression/token.hpp"

namespace skald::expression {

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::expected<Token, CompileError> next();

  struct StringPart {
    std::string text;
    bool interpolation = false;  // "\(" follows; else the closing quote was read
  };
  // A string that is not closed is reported at the end of the source; its caller knows where it began.
  std::expected<StringPart, CompileError> next_string_part();

  // Continues reading at `offset`: used to go back to the end of a token that was only looked at.
  void seek(std::size_t offset) { position_ = offset; }
  std::size_t position() const { return position_; }

 private:
  void skip_blanks();
  Token take(TokenKind kind, std::size_t start, std::size_t length, std::size_t skip = 0);
  Token number(std::size_t start);
  std::size_t word_end(std::size_t start) const;
  std::expected<void, CompileError> escape(std::string& text);
  std::expected<unsigned, CompileError> hex4(std::size_t backslash);

  std::string_view source_;
  std::size_t position_ = 0;
};

}  // namespace skald::expression
