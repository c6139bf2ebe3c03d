#include "adapters/http/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace skald::adapters {
namespace {

constexpr std::size_t kHostBytesMax = 253;

constexpr bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr std::array<bool, 256> characters(std::string_view others) {
  std::array<bool, 256> set{};
  for (int c = 0; c < 128; ++c) set[static_cast<std::size_t>(c)] = is_alnum(static_cast<char>(c));
  for (const char c : others) set[static_cast<unsigned char>(c)] = true;
  return set;
}

constexpr auto kTokenCharacters = characters("!#$%&'*+-.^_`|~");
constexpr auto kHostCharacters = characters("-._");

bool all_in(std::string_view text, const std::array<bool, 256>& set) {
  return std::ranges::all_of(text, [&](char c) { return set[static_cast<unsigned char>(c)]; });
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

bool is_ipv6(std::string_view text) {
  return text.size() >= 2 && text.size() <= 45 && text.find(':') != std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

std::unexpected<Error> invalid(std::string_view text, std::string_view why) {
  return failure("url.invalid", fmt::format("is not a usable URL: {}", why), {}, {}, std::string(text.substr(0, 200)));
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
    url.origin.tls = true;
    url.origin.port = 443;
  } else {
    return invalid(text, "it must start with http:// or https://");
  }
  const auto path = rest.find_first_of("/?#");
  const auto authority = rest.substr(0, path);
  url.target = path == std::string_view::npos ? "/" : std::string(rest.substr(path));
  if (url.target.front() == '?') url.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return invalid(text, "credentials do not belong into a URL");
  if (url.target.find('#') != std::string::npos) return invalid(text, "a fragment is not sent");
  if (!is_target(url.target)) return invalid(text, "its path or query has characters that must be percent-encoded");

  std::string_view host = authority, port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return invalid(text, "']' is missing");
    host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
    if (!is_ipv6(host)) return invalid(text, "the brackets hold no IPv6 address");
  } else if (const auto colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (host.empty() || host.size() > kHostBytesMax) return invalid(text, "it has no host");
  if (!authority.starts_with('[') && !all_in(host, kHostCharacters)) return invalid(text, "the host is not a name");
  if (!port.empty()) {
    const auto number = port.starts_with(':') ? parse_port(port.substr(1)) : std::nullopt;
    if (!number) return invalid(text, "the port must be a number from 1 to 65535");
    url.origin.port = *number;
  }
  url.origin.host = host;
  for (char& c : url.origin.host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return url;
}

std::string host_and_port(const Origin& origin) {
  const bool v6 = origin.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", origin.host, origin.port) : fmt::format("{}:{}", origin.host, origin.port);
}

std::string authority_of(const Origin& origin) {
  std::string text = host_and_port(origin);
  if (origin.port == (origin.tls ? 443 : 80)) text.erase(text.rfind(':'));
  return text;
}

bool is_token(std::string_view text) {
  return !text.empty() && all_in(text, kTokenCharacters);
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
  });
}

}  // namespace skald::adapters
