#include "engine/expression/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

constexpr std::array kKeywords = {
    std::string_view("and"),     std::string_view("as"),     std::string_view("break"),  std::string_view("catch"),
    std::string_view("def"),     std::string_view("elif"),   std::string_view("else"),   std::string_view("end"),
    std::string_view("foreach"), std::string_view("if"),     std::string_view("import"), std::string_view("include"),
    std::string_view("label"),   std::string_view("module"), std::string_view("or"),     std::string_view("reduce"),
    std::string_view("then"),    std::string_view("try"),    std::string_view("__loc__")};

// Longest first, so that the first match is the right one.
constexpr std::array kSymbols = {
    std::string_view("?//"), std::string_view("//="), std::string_view("!="), std::string_view("=="),
    std::string_view("//"),  std::string_view("|="),  std::string_view("+="), std::string_view("-="),
    std::string_view("*="),  std::string_view("/="),  std::string_view("%="), std::string_view("<="),
    std::string_view(">="),  std::string_view(".."),  std::string_view("."),  std::string_view("?"),
    std::string_view("="),   std::string_view(";"),   std::string_view(","),  std::string_view(":"),
    std::string_view("|"),   std::string_view("+"),   std::string_view("-"),  std::string_view("*"),
    std::string_view("/"),   std::string_view("%"),   std::string_view("<"),  std::string_view(">"),
    std::string_view("("),   std::string_view(")"),   std::string_view("["),  std::string_view("]"),
    std::string_view("{"),   std::string_view("}")};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_word(char c) {
  return is_word_start(c) || is_digit(c);
}

std::unexpected<CompileError> error(std::string message, std::size_t offset) {
  return std::unexpected(CompileError{std::move(message), offset});
}

}  // namespace

void Lexer::skip_blanks() {
  while (position_ < source_.size()) {
    const char c = source_[position_];
    if (c == '#') {
      while (position_ < source_.size() && source_[position_] != '\n' && source_[position_] != '\r') ++position_;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++position_;
    } else {
      return;
    }
  }
}

std::size_t Lexer::word_end(std::size_t start) const {
  while (start < source_.size() && is_word(source_[start])) ++start;
  return start;
}

Token Lexer::take(TokenKind kind, std::size_t start, std::size_t length, std::size_t skip) {
  position_ = start + length;
  return Token{kind, source_.substr(start + skip, length - skip), start, position_};
}

Token Lexer::number(std::size_t start) {
  std::size_t end = start;
  while (end < source_.size() && (is_digit(source_[end]) || source_[end] == '.')) ++end;
  if (end < source_.size() && (source_[end] == 'e' || source_[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < source_.size() && (source_[exponent] == '+' || source_[exponent] == '-')) ++exponent;
    if (exponent < source_.size() && is_digit(source_[exponent])) {
      while (exponent < source_.size() && is_digit(source_[exponent])) ++exponent;
      end = exponent;
    }
  }
  return take(TokenKind::kNumber, start, end - start);
}

std::expected<Token, CompileError> Lexer::next() {
  skip_blanks();
  const std::size_t start = position_;
  if (start >= source_.size()) return Token{TokenKind::kEnd, {}, source_.size(), source_.size()};
  const char c = source_[start];
  const char following = start + 1 < source_.size() ? source_[start + 1] : '\0';
  if (is_digit(c) || (c == '.' && is_digit(following))) return number(start);
  if (c == '.' && is_word_start(following)) {
    return take(TokenKind::kField, start, word_end(start + 1) - start, 1);
  }
  if (c == '$' && is_word_start(following)) return take(TokenKind::kVariable, start, word_end(start + 1) - start, 1);
  if (c == '@' && is_word(following)) return take(TokenKind::kFormat, start, word_end(start + 1) - start, 1);
  if (c == '"') return take(TokenKind::kString, start, 1);
  if (is_word_start(c)) {
    const std::size_t end = word_end(start);
    if (source_.substr(end).starts_with("::")) {
      return error("modules are not part of the expression language", start);
    }
    const auto word = source_.substr(start, end - start);
    const bool keyword = std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
    return take(keyword ? TokenKind::kKeyword : TokenKind::kIdentifier, start, end - start);
  }
  for (const auto symbol : kSymbols) {
    if (source_.substr(start).starts_with(symbol)) return take(TokenKind::kSymbol, start, symbol.size());
  }
  if (c == '\'') return error("strings are written with double quotes", start);
  if (c == '&') return error("unexpected '&'; write 'and'", start);
  if (c == '!') return error("unexpected '!'; write '| not', or '!=' to compare", start);
  if (c == '$') return error("'$' must be followed by the name of a variable", start);
  const auto character = source_.substr(start, utf8_length(source_.substr(start)));
  return error(fmt::format("unexpected character '{}'", character), start);
}

std::expected<unsigned, CompileError> Lexer::hex4(std::size_t backslash) {
  unsigned value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = position_ < source_.size() ? source_[position_] : '"';
    unsigned digit = 0;
    if (is_digit(c)) {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A' + 10);
    } else {
      return error("\\u must be followed by four hexadecimal digits", backslash);
    }
    value = value * 16 + digit;
    ++position_;
  }
  return value;
}

// Reads the rest of an escape, after its backslash.
std::expected<void, CompileError> Lexer::escape(std::string& text) {
  const std::size_t backslash = position_ - 1;
  if (position_ >= source_.size()) return error("the string is not closed", source_.size());
  const char c = source_[position_++];
  switch (c) {
    case '"':
      text += '"';
      return {};
    case '\\':
      text += '\\';
      return {};
    case '/':
      text += '/';
      return {};
    case 'b':
      text += '\b';
      return {};
    case 'f':
      text += '\f';
      return {};
    case 'n':
      text += '\n';
      return {};
    case 'r':
      text += '\r';
      return {};
    case 't':
      text += '\t';
      return {};
    case 'u':
      break;
    default:
      return error(fmt::format("unknown escape '\\{}'; known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX and \\(...)",
                               source_.substr(backslash + 1, utf8_length(source_.substr(backslash + 1)))),
                   backslash);
  }
  auto code = hex4(backslash);
  if (!code) return std::unexpected(code.error());
  char32_t point = *code;
  if (point >= 0xD800 && point < 0xDC00 && source_.substr(position_).starts_with("\\u")) {
    const std::size_t before = position_;
    position_ += 2;
    auto low = hex4(before);
    if (!low) return std::unexpected(low.error());
    if (*low >= 0xDC00 && *low < 0xE000) {
      point = 0x10000 + ((point - 0xD800) << 10) + (*low - 0xDC00);
    } else {
      position_ = before;
    }
  }
  if (point >= 0xD800 && point < 0xE000) point = 0xFFFD;
  append_utf8(text, point);
  return {};
}

std::expected<Lexer::StringPart, CompileError> Lexer::next_string_part() {
  StringPart part;
  while (position_ < source_.size()) {
    const char c = source_[position_++];
    if (c == '"') return part;
    if (c != '\\') {
      part.text += c;
      continue;
    }
    if (position_ < source_.size() && source_[position_] == '(') {
      ++position_;
      part.interpolation = true;
      return part;
    }
    if (auto done = escape(part.text); !done) return std::unexpected(done.error());
  }
  return error("the string is not closed", source_.size());
}

}  // namespace skald::expression
