#include "engine/definition/secret_reference.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace skald::definition {
namespace {

constexpr std::string_view kVariable = "$secrets";
constexpr std::size_t kNameBytesMax = 128;

bool is_word(unsigned char c) {
  return std::isalnum(c) != 0 || c == '_';
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
}

// ".word" or "[\"text\"]" at the front of `text`, taken off it.
std::optional<std::string> take_field(std::string_view& text) {
  if (text.starts_with("[\"")) {
    const auto end = text.find("\"]");
    if (end == std::string_view::npos) return std::nullopt;
    std::string field(text.substr(2, end - 2));
    text.remove_prefix(end + 2);
    if (field.empty() || field.find_first_of("\\\"") != std::string::npos) return std::nullopt;
    return field;
  }
  if (!text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  const auto end = std::find_if_not(text.begin(), text.end(), is_word);
  std::string field(text.begin(), end);
  text.remove_prefix(field.size());
  if (field.empty() || std::isdigit(static_cast<unsigned char>(field.front())) != 0) return std::nullopt;
  return field;
}

}  // namespace

bool is_secret_name(std::string_view text) {
  const auto is_inner = [](unsigned char c) { return is_word(c) || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= kNameBytesMax && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), is_inner);
}

std::optional<SecretReference> parse_secret_reference(std::string_view source) {
  skip_blanks(source);
  if (!source.starts_with(kVariable)) return std::nullopt;
  source.remove_prefix(kVariable.size());
  auto name = take_field(source);
  if (!name) return std::nullopt;
  SecretReference reference{.name = std::move(*name), .field = {}};
  if (source.starts_with('.') || source.starts_with('[')) {
    auto field = take_field(source);
    if (!field) return std::nullopt;
    reference.field = std::move(*field);
  }
  skip_blanks(source);
  if (!source.empty()) return std::nullopt;
  return reference;
}

std::optional<std::vector<std::variant<std::string, SecretReference>>> parse_secret_text(std::string_view source) {
  if (auto reference = parse_secret_reference(source))
    return std::vector<std::variant<std::string, SecretReference>>{*reference};
  skip_blanks(source);
  while (!source.empty() && std::isspace(static_cast<unsigned char>(source.back())) != 0) source.remove_suffix(1);
  if (source.size() < 2 || source.front() != '"' || source.back() != '"') return std::nullopt;
  source = source.substr(1, source.size() - 2);
  std::vector<std::variant<std::string, SecretReference>> parts;
  while (!source.empty()) {
    const auto end = source.find_first_of("\\\"");
    if (end != 0) parts.emplace_back(std::string(source.substr(0, end)));
    if (end == std::string_view::npos) break;
    source.remove_prefix(end);
    const auto close = source.find(')');
    if (!source.starts_with("\\(") || close == std::string_view::npos) return std::nullopt;
    auto reference = parse_secret_reference(source.substr(2, close - 2));
    if (!reference) return std::nullopt;
    parts.emplace_back(std::move(*reference));
    source.remove_prefix(close + 1);
  }
  return parts;
}

}  // namespace skald::definition
