#include "bench/load/answer.hpp"

#include <charconv>

namespace skald::bench {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

template <class Number>
bool read_whole(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t skip_spaces(std::string_view json, std::size_t at) {
  while (at < json.size() && is_space(json[at])) ++at;
  return at;
}

// The position of the quote that ends the string opened at `open`; json.size() where it has no end.
std::size_t string_end(std::string_view json, std::size_t open) {
  for (std::size_t at = open + 1; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at;
    }
  }
  return json.size();
}

}  // namespace

Answer read_answer(std::string_view bytes) {
  Answer answer;
  const std::size_t head_end = bytes.find(kHeadEnd);
  if (head_end == std::string_view::npos) return answer;
  answer.state = AnswerState::kMalformed;
  std::string_view head = bytes.substr(0, head_end);
  if (head.size() < 12 || !head.starts_with("HTTP/1.") || head[8] != ' ' ||
      !read_whole(head.substr(9, 3), answer.status))
    return answer;

  std::size_t length = 0;
  bool has_length = false;
  std::size_t line_end = head.find("\r\n");
  while (line_end != std::string_view::npos) {
    head.remove_prefix(line_end + 2);
    line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return answer;
    const std::string_view value = trimmed(line.substr(colon + 1));
    // The lengths of the two names keep the other headers at one comparison each.
    if (colon == 14 && equal_ignoring_case(line.substr(0, colon), "content-length")) {
      has_length = read_whole(value, length);
      if (!has_length) return answer;
    } else if (colon == 10 && equal_ignoring_case(line.substr(0, colon), "connection")) {
      answer.close = equal_ignoring_case(value, "close");
    }
  }
  if (!has_length) return answer;
  answer.size = head_end + kHeadEnd.size() + length;
  if (bytes.size() < answer.size) {
    answer.state = AnswerState::kIncomplete;
    return answer;
  }
  answer.body = bytes.substr(head_end + kHeadEnd.size(), length);
  answer.state = AnswerState::kComplete;
  return answer;
}

std::string_view top_level_string(std::string_view json, std::string_view name) {
  int depth = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c != '"') continue;
    const std::size_t end = string_end(json, at);
    if (end == json.size()) return {};
    const bool named = depth == 1 && json.substr(at + 1, end - at - 1) == name;
    at = end;
    if (!named) continue;
    const std::size_t colon = skip_spaces(json, end + 1);
    if (colon == json.size() || json[colon] != ':') continue;
    const std::size_t open = skip_spaces(json, colon + 1);
    if (open == json.size() || json[open] != '"') return {};
    const std::size_t close = string_end(json, open);
    return close == json.size() ? std::string_view{} : json.substr(open + 1, close - open - 1);
  }
  return {};
}

}  // namespace skald::bench
