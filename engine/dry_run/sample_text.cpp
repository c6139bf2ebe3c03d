#include "engine/dry_run/sample_text.hpp"

#include <algorithm>
#include <cstddef>

namespace skald::dry_run {
namespace {

constexpr std::size_t kRepeatsMax = 256;
constexpr std::size_t kNestingMax = 32;

class PatternReader {
 public:
  explicit PatternReader(std::string_view pattern) : pattern_(pattern) {}

  std::string read() {
    std::string text;
    while (!at_end()) {
      text += alternatives(0);
      if (!at_end()) ++at_;  // a bracket that nobody opened
    }
    return text;
  }

 private:
  bool at_end() const { return at_ >= pattern_.size(); }
  char peek() const { return pattern_[at_]; }

  // The first of them; the others are read over.
  std::string alternatives(std::size_t depth) {
    std::string first = sequence(depth);
    while (!at_end() && peek() == '|') {
      ++at_;
      sequence(depth);
    }
    return first;
  }

  std::string sequence(std::size_t depth) {
    std::string text;
    while (!at_end() && peek() != '|' && peek() != ')') {
      const std::string piece = atom(depth);
      const std::size_t times = repetitions();
      for (std::size_t i = 0; i < times; ++i) text += piece;
    }
    return text;
  }

  std::string atom(std::size_t depth) {
    const char c = pattern_[at_++];
    if (c == '^' || c == '$') return {};
    if (c == '.') return "a";
    if (c == '[') return std::string(1, of_class());
    if (c == '\\' && !at_end()) return escape(pattern_[at_++]);
    if (c != '(') return std::string(1, c);
    if (pattern_.substr(at_).starts_with("?:")) at_ += 2;
    std::string inside = depth < kNestingMax ? alternatives(depth + 1) : std::string();
    if (!at_end() && peek() == ')') ++at_;
    return inside;
  }

  static std::string escape(char c) {
    switch (c) {
      case 'd':
        return "1";
      case 'w':
        return "a";
      case 's':
        return " ";
      case 'b':
      case 'A':
      case 'z':
        return {};
      default:
        return std::string(1, c);
    }
  }

  // One member of a class; of one that excludes, a character that it does not name.
  char of_class() {
    const bool excludes = !at_end() && peek() == '^';
    if (excludes) ++at_;
    std::string named;
    bool is_first = true;
    while (!at_end() && (peek() != ']' || is_first)) {
      is_first = false;
      char c = pattern_[at_++];
      if (c == '\\' && !at_end()) {
        const std::string escaped = escape(pattern_[at_++]);
        c = escaped.empty() ? 'a' : escaped.front();
      }
      named += c;
      if (at_ + 1 < pattern_.size() && peek() == '-' && pattern_[at_ + 1] != ']') {
        for (char next = c; next < pattern_[at_ + 1];) named += ++next;
        at_ += 2;
      }
    }
    if (!at_end()) ++at_;
    if (!excludes) return named.empty() ? 'a' : named.front();
    for (char c = 'a'; c <= 'z'; ++c) {
      if (named.find(c) == std::string::npos) return c;
    }
    return '0';
  }

  // The fewest that a quantifier wants, at least one where it allows any.
  std::size_t repetitions() {
    if (at_end()) return 1;
    std::size_t times = 1;
    if (peek() == '*' || peek() == '+' || peek() == '?') {
      ++at_;
    } else if (peek() == '{') {
      times = 0;
      for (++at_; !at_end() && peek() >= '0' && peek() <= '9'; ++at_) {
        times = std::min<std::size_t>(times * 10 + static_cast<std::size_t>(peek() - '0'), kRepeatsMax);
      }
      while (!at_end() && pattern_[at_++] != '}') {
      }
    }
    if (!at_end() && peek() == '?') ++at_;
    return times;
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
};

}  // namespace

std::string text_for_pattern(std::string_view pattern) {
  return PatternReader(pattern).read();
}

std::string_view text_for_format(std::string_view format) {
  if (format == "date-time") return "2026-01-01T00:00:00Z";
  if (format == "date") return "2026-01-01";
  if (format == "time") return "00:00:00Z";
  if (format == "email") return "somebody@example.com";
  if (format == "hostname") return "host.example.com";
  if (format == "ipv4") return "192.0.2.1";
  if (format == "ipv6") return "2001:db8::1";
  if (format == "uri") return "https://example.com/";
  if (format == "uuid") return "00000000-0000-4000-8000-000000000001";
  return "text";
}

}  // namespace skald::dry_run
