// Names whose letters of ASCII may be of either case: header names, tokens of HTTP (RFC 9110, 5.1).
#pragma once

#include <algorithm>
#include <string_view>

namespace skald {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

}  // namespace skald
