#include "api/views/mask.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace skald::api {
namespace {

constexpr std::size_t kDigits = 32;  // of a token's mac and of the secret
constexpr std::string_view kSecretField = "\"callbackSecret\":\"";

bool has_digits_at(const std::string& text, std::size_t at) {
  return text.size() >= at + kDigits &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at),
                     text.begin() + static_cast<std::ptrdiff_t>(at + kDigits),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::size_t find_token(const std::string& text, std::size_t from) {
  const auto at = text.find('~', from);
  return at == std::string::npos ? text.size() : at + 1;
}

// Every view comes by here, and hardly one holds a secret: this looks at one byte in as many as the mark has.
std::size_t find_secret(const std::string& text, std::size_t from) {
  static const std::boyer_moore_horspool_searcher kMark(kSecretField.begin(), kSecretField.end());
  const auto [_, behind] = kMark(text.begin() + static_cast<std::ptrdiff_t>(from), text.end());
  return static_cast<std::size_t>(behind - text.begin());
}

// `find` gives the place behind the next mark, or the end.
template <class Find>
void mask_behind(std::string& text, Find find) {
  for (auto at = find(text, 0); at < text.size(); at = find(text, at)) {
    if (has_digits_at(text, at)) std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), kDigits, '*');
  }
}

}  // namespace

void mask_callbacks(std::string& json) {
  mask_behind(json, find_token);
  mask_behind(json, find_secret);
}

}  // namespace skald::api
