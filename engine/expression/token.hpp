// The tokens of the expression language.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skald::expression {

enum class TokenKind : std::uint8_t {
  kEnd,
  kIdentifier,  // text
  kKeyword,     // text: and or not a keyword, if then elif else end as reduce foreach try catch def ...
  kField,       // .name, text is the name
  kVariable,    // $name, text is the name
  kFormat,      // @name, text is the name
  kNumber,      // text is the literal
  kString,      // the opening quote; the parser reads the rest with next_string_part()
  kSymbol,      // text: one of the operators and brackets
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;
  std::size_t offset = 0;
  std::size_t end = 0;  // one past its last byte

  bool is_symbol(std::string_view symbol) const { return kind == TokenKind::kSymbol && text == symbol; }
  bool is_keyword(std::string_view word) const { return kind == TokenKind::kKeyword && text == word; }
};

}  // namespace skald::expression
