// Absolute http and https URLs, and the checks on everything that becomes part of a request line or a header: Beast
// and the peers write and read what they are given, so a line break here would be a second request there.
//
// Source: RFC 3986 (no userinfo, no fragment), RFC 9110 section 5.6.2 (token) and 5.5 (field value). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/error.hpp"
#include "engine/base/request_target.hpp"

namespace skald::adapters {

// Where to connect and whom to address: scheme, host and port.
struct Origin {
  bool tls = false;
  std::string host;  // lower case; an IPv6 address without brackets
  std::uint16_t port = 80;

  bool operator==(const Origin&) const = default;
};

struct Url {
  Origin origin;
  std::string target;  // "/v1/charges?x=1"; never empty
};

// Errors: "url.invalid", the message says which rule.
Result<Url> parse_url(std::string_view text);

// "payments.svc:8080", "api.example.com", "[::1]:8080": the Host header, without a default port.
std::string authority_of(const Origin& origin);
// Always with the port: "api.example.com:443".
std::string host_and_port(const Origin& origin);

using skald::is_target;

bool is_token(std::string_view text);

// Visible characters, spaces and tabs, bytes from 0x80 up; no other control characters.
bool is_field_value(std::string_view text);

}  // namespace skald::adapters
