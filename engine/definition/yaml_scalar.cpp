#include "engine/definition/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace skald::definition {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 6> kBooleans = {"true", "True", "TRUE", "false", "False", "FALSE"};
constexpr std::array<std::string_view, 9> kInfinities = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
                                                         "+.INF", "-.inf", "-.Inf", "-.INF"};
constexpr std::array<std::string_view, 3> kNans = {".nan", ".NaN", ".NAN"};

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at;
}

bool all_of_class(std::string_view text, std::string_view digits) {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}

bool is_float(std::string_view text) {
  std::size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const std::size_t whole = skip_digits(text, at);
  std::size_t digits = whole - at;
  at = whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = skip_digits(text, at + 1);
    digits += fraction - at - 1;
    at = fraction;
  }
  if (digits == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t exponent = skip_digits(text, at);
    if (exponent == at) return false;
    at = exponent;
  }
  return at == text.size();
}

bool is_space(char c) {
  return c == ' ' || c == '\t';
}
bool is_break(char c) {
  return c == '\n' || c == '\r';
}

// Walks a scalar's source and value side by side.
class Aligner {
 public:
  Aligner(std::string_view source, const Node& scalar)
      : source_(source), value_(scalar.text), at_(skip_properties(source, scalar.offset)) {}

  std::optional<std::size_t> find(std::size_t value_offset) {
    if (at_ >= source_.size()) return std::nullopt;
    const char first = source_[at_];
    if (first == '|' || first == '>') return find_in_block(value_offset);
    const bool quoted = first == '"' || first == '\'';
    if (quoted) ++at_;
    std::size_t produced = 0;
    while (produced < value_offset) {
      if (at_ >= source_.size()) return std::nullopt;
      const std::optional<std::size_t> bytes = step(quoted ? first : '\0', produced);
      if (!bytes) return std::nullopt;
      produced += *bytes;
    }
    if (quoted && at_ + 1 < source_.size() && source_[at_] == '\\' && is_break(source_[at_ + 1])) step_escape(produced);
    return at_;
  }

  // Anchors and tags stand before the content: `&name !!str 'text'`.
  static std::size_t skip_properties(std::string_view source, std::size_t at) {
    while (at < source.size() && (source[at] == '&' || source[at] == '!')) {
      while (at < source.size() && !is_space(source[at]) && !is_break(source[at])) ++at;
      while (at < source.size() && (is_space(source[at]) || is_break(source[at]))) ++at;
    }
    return at;
  }

 private:
  // Consumes one unit of source (a character, an escape, a fold); the number of value bytes it stands for.
  std::optional<std::size_t> step(char quote, std::size_t produced) {
    if (const std::size_t breaks = skip_fold()) {
      return breaks == 1 ? 1 : breaks - 1;
    }
    if (quote == '\'' && source_.substr(at_, 2) == "''") {
      at_ += 2;
      return 1;
    }
    if (quote == '"' && source_[at_] == '\\') return step_escape(produced);
    if (produced >= value_.size() || source_[at_] != value_[produced]) return std::nullopt;
    ++at_;
    return 1;
  }

  // White space around line breaks, when there is a break in it; the number of breaks.
  std::size_t skip_fold() {
    std::size_t end = at_;
    std::size_t breaks = 0;
    for (; end < source_.size() && (is_space(source_[end]) || is_break(source_[end])); ++end) {
      if (source_[end] == '\n') ++breaks;
    }
    if (breaks > 0) at_ = end;
    return breaks;
  }

  std::optional<std::size_t> step_escape(std::size_t produced) {
    const char kind = at_ + 1 < source_.size() ? source_[at_ + 1] : '\0';
    if (is_break(kind)) {  // an escaped line break joins the lines
      at_ += 1;
      return skip_fold() > 0 ? std::optional<std::size_t>(0) : std::nullopt;
    }
    at_ += kind == 'x' ? 4 : kind == 'u' ? 6 : kind == 'U' ? 10 : 2;
    std::size_t length = 1;
    while (produced + length < value_.size() &&
           (static_cast<unsigned char>(value_[produced + length]) & 0xC0) == 0x80) {
      ++length;
    }
    return length;
  }

  // Block scalars: each line without its indentation; a folded break is one byte of the value.
  std::optional<std::size_t> find_in_block(std::size_t value_offset) {
    at_ = next_line(at_);
    std::size_t probe = at_;
    std::size_t indent = 0;
    while (probe < source_.size()) {
      const std::size_t content = source_.find_first_not_of(' ', probe);
      if (content == std::string_view::npos) return std::nullopt;
      indent = content - probe;
      if (!is_break(source_[content])) break;
      probe = next_line(probe);
    }
    std::size_t produced = 0;
    while (at_ < source_.size()) {
      const std::size_t end = std::min(source_.find('\n', at_), source_.size());
      const std::size_t begin = std::min(at_ + indent, end);
      for (std::size_t i = begin; i < end && source_[i] != '\r'; ++i, ++produced) {
        if (produced == value_offset) return i;
        if (produced >= value_.size() || source_[i] != value_[produced]) return std::nullopt;
      }
      if (produced == value_offset) return end;
      if (produced < value_.size() && (value_[produced] == '\n' || value_[produced] == ' ')) ++produced;
      at_ = end + 1;
    }
    return std::nullopt;
  }

  std::size_t next_line(std::size_t at) const {
    const std::size_t end = source_.find('\n', at);
    return end == std::string_view::npos ? source_.size() : end + 1;
  }

  std::string_view source_;
  std::string_view value_;
  std::size_t at_;
};

}  // namespace

Node::Kind plain_scalar_kind(std::string_view text) {
  if (is_one_of(text, kNulls)) return Node::Kind::kNull;
  if (is_one_of(text, kBooleans)) return Node::Kind::kBool;
  const std::string_view unsigned_text = text.substr(text[0] == '-' || text[0] == '+' ? 1 : 0);
  if (all_of_class(unsigned_text, "0123456789")) return Node::Kind::kInteger;
  if (text.starts_with("0o") && all_of_class(text.substr(2), "01234567")) return Node::Kind::kInteger;
  if (text.starts_with("0x") && all_of_class(text.substr(2), "0123456789abcdefABCDEF")) return Node::Kind::kInteger;
  if (is_float(text) || is_one_of(text, kInfinities) || is_one_of(text, kNans)) return Node::Kind::kFloat;
  return Node::Kind::kString;
}

bool is_unterminated(const SourceText& source, const Node& scalar) {
  const std::string_view text = source.text();
  std::size_t at = Aligner::skip_properties(text, scalar.offset);
  if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return false;
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 >= text.size() || text[at + 1] != quote) return false;
      ++at;
    }
  }
  return true;
}

Mark mark_in_scalar(const SourceText& source, const Node& scalar, std::size_t value_offset) {
  Aligner aligner(source.text(), scalar);
  const auto found = aligner.find(std::min(value_offset, scalar.text.size()));
  return found ? source.mark_at(*found) : scalar.mark;
}

}  // namespace skald::definition
