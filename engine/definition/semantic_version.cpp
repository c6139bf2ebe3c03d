#include "engine/definition/semantic_version.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <tuple>

namespace skald::definition {
namespace {

bool is_numeric(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  if (!is_numeric(text) || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

// Dot-separated identifiers of letters, digits and hyphens; nullopt where one is empty or has another character.
std::optional<std::vector<std::string>> parse_identifiers(std::string_view text) {
  std::vector<std::string> identifiers;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t dot = std::min(text.find('.', at), text.size());
    const std::string_view part = text.substr(at, dot - at);
    const auto good = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; };
    if (part.empty() || !std::all_of(part.begin(), part.end(), good)) return std::nullopt;
    identifiers.emplace_back(part);
    at = dot + 1;
  }
  return identifiers;
}

std::weak_ordering compare_identifiers(std::string_view a, std::string_view b) {
  if (is_numeric(a) && is_numeric(b)) {
    if (a.size() != b.size()) return a.size() <=> b.size();
    return a <=> b;
  }
  if (is_numeric(a) != is_numeric(b)) {
    return is_numeric(a) ? std::weak_ordering::less : std::weak_ordering::greater;
  }
  return a <=> b;
}

}  // namespace

std::optional<SemanticVersion> parse_semantic_version(std::string_view text) {
  SemanticVersion version;
  if (const std::size_t plus = text.find('+'); plus != std::string_view::npos) {
    if (!parse_identifiers(text.substr(plus + 1))) return std::nullopt;
    text = text.substr(0, plus);
  }
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    auto identifiers = parse_identifiers(text.substr(dash + 1));
    if (!identifiers) return std::nullopt;
    for (const std::string& part : *identifiers) {
      if (is_numeric(part) && part.size() > 1 && part[0] == '0') return std::nullopt;
    }
    version.prerelease = std::move(*identifiers);
    text = text.substr(0, dash);
  }
  for (std::uint64_t* number : {&version.major, &version.minor, &version.patch}) {
    const std::size_t dot = number == &version.patch ? text.size() : text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto value = parse_number(text.substr(0, dot));
    if (!value) return std::nullopt;
    *number = *value;
    text = text.substr(std::min(dot + 1, text.size()));
  }
  return version;
}

std::optional<std::string> complete_version(std::string_view text) {
  if (text.starts_with('v') || text.starts_with('V')) text.remove_prefix(1);
  for (const std::string_view rest : {"", ".0", ".0.0"}) {
    std::string complete = std::string(text) + std::string(rest);
    if (parse_semantic_version(complete)) return complete;
  }
  return std::nullopt;
}

std::weak_ordering compare(const SemanticVersion& a, const SemanticVersion& b) {
  const auto core = [](const SemanticVersion& v) { return std::tie(v.major, v.minor, v.patch); };
  if (const auto order = core(a) <=> core(b); order != 0) return order;
  if (a.is_release() != b.is_release()) {
    return a.is_release() ? std::weak_ordering::greater : std::weak_ordering::less;
  }
  const std::size_t shared = std::min(a.prerelease.size(), b.prerelease.size());
  for (std::size_t i = 0; i < shared; ++i) {
    if (const auto order = compare_identifiers(a.prerelease[i], b.prerelease[i]); order != 0) return order;
  }
  return a.prerelease.size() <=> b.prerelease.size();
}

}  // namespace skald::definition
