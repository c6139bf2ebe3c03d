#include "api/views/mask.hpp"

#include <algorithm>
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

// Behind each place where `mark` stands.
void mask_behind(std::string& text, std::string_view mark) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    at += mark.size();
    if (has_digits_at(text, at)) std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(at), kDigits, '*');
  }
}

}  // namespace

void mask_callbacks(std::string& json) {
  mask_behind(json, "~");
  mask_behind(json, kSecretField);
}

}  // namespace skald::api
