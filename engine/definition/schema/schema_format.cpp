#include "engine/definition/schema/schema_format.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"

namespace skald::definition {
namespace {

constexpr std::array<std::pair<std::string_view, SchemaFormat>, 9> kFormats = {{
    {"date-time", SchemaFormat::kDateTime},
    {"date", SchemaFormat::kDate},
    {"time", SchemaFormat::kTime},
    {"email", SchemaFormat::kEmail},
    {"hostname", SchemaFormat::kHostname},
    {"ipv4", SchemaFormat::kIpv4},
    {"ipv6", SchemaFormat::kIpv6},
    {"uri", SchemaFormat::kUri},
    {"uuid", SchemaFormat::kUuid},
}};

// RFC 1123: labels of letters, digits and inner hyphens.
bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t dot = std::min(text.find('.', at), text.size());
    const std::string_view label = text.substr(at, dot - at);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), [](unsigned char c) { return std::isalnum(c) || c == '-'; })) {
      return false;
    }
    at = dot + 1;
  }
  return true;
}

bool is_visible(unsigned char c) {
  return c > 0x20 && c != 0x7F;
}

bool is_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64) return false;
  const std::string_view local = text.substr(0, at);
  return std::all_of(local.begin(), local.end(), [](unsigned char c) { return is_visible(c) && c != '@'; }) &&
         local.front() != '.' && local.back() != '.' && local.find("..") == std::string_view::npos &&
         is_hostname(text.substr(at + 1));
}

bool is_address(int family, const std::string& text) {
  std::array<unsigned char, 16> address{};
  return inet_pton(family, text.c_str(), address.data()) == 1 && text.find('\0') == std::string::npos;
}

// RFC 3339 has a 60th second only where UTC had leap seconds: at the end of a day.
bool is_date_time(const std::string& text) {
  constexpr std::int64_t kDayMillis = 86'400'000;
  const auto at = parse_rfc3339(text);
  if (!at) return false;
  return text.substr(17, 2) != "60" || (to_millis(*at) % kDayMillis + kDayMillis) % kDayMillis < 1000;
}

// [userinfo@]host[:port], with brackets around an IPv6 address alone.
bool is_authority(std::string_view text) {
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    if (text.substr(0, at).find_first_of("[]") != std::string_view::npos) return false;
    text.remove_prefix(at + 1);
  }
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !is_address(AF_INET6, std::string(text.substr(1, end - 1)))) return false;
    text.remove_prefix(end + 1);
    if (!text.empty() && text[0] != ':') return false;
  }
  const std::size_t colon = text.find(':');
  const std::string_view port = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  return text.find_first_of("[]") == std::string_view::npos &&
         std::all_of(port.begin(), port.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

// RFC 3986: a scheme, and nothing that must be percent-encoded.
bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !std::isalpha(static_cast<unsigned char>(text[0]))) return false;
  const std::string_view scheme = text.substr(0, colon);
  const auto in_scheme = [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '-' || c == '.'; };
  if (!std::all_of(scheme.begin(), scheme.end(), in_scheme)) return false;
  std::size_t path = colon + 1;
  if (text.substr(path).starts_with("//")) {
    const std::size_t authority = path + 2;
    path = std::min(text.find_first_of("/?#", authority), text.size());
    if (!is_authority(text.substr(authority, path - authority))) return false;
  }
  if (text.find_first_of("[]", path) != std::string_view::npos) return false;
  for (std::size_t i = colon + 1; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!is_visible(c) || c >= 0x80 || std::string_view("\"<>\\^`{|}").find(text[i]) != std::string_view::npos) {
      return false;
    }
    if (c != '%') continue;
    if (i + 2 >= text.size() || !std::isxdigit(static_cast<unsigned char>(text[i + 1])) ||
        !std::isxdigit(static_cast<unsigned char>(text[i + 2]))) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<SchemaFormat> parse_schema_format(std::string_view name) {
  for (const auto& [known, format] : kFormats) {
    if (known == name) return format;
  }
  return std::nullopt;
}

std::string_view name_of(SchemaFormat format) {
  return kFormats[static_cast<std::size_t>(format)].first;
}

bool matches_format(SchemaFormat format, const std::string& text) {
  switch (format) {
    case SchemaFormat::kDateTime:
      return is_date_time(text);
    case SchemaFormat::kDate:
      return text.size() == 10 && parse_rfc3339(text + "T00:00:00Z").has_value();
    case SchemaFormat::kTime:
      return is_date_time("2000-01-01T" + text);
    case SchemaFormat::kEmail:
      return is_email(text);
    case SchemaFormat::kHostname:
      return is_hostname(text);
    case SchemaFormat::kIpv4:
      return is_address(AF_INET, text);
    case SchemaFormat::kIpv6:
      return is_address(AF_INET6, text);
    case SchemaFormat::kUri:
      return is_uri(text);
    case SchemaFormat::kUuid:
      return parse_execution_id(text).has_value();
  }
  return false;
}

}  // namespace skald::definition
