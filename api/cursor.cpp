#include "api/cursor.hpp"

#include <cstdint>

namespace skald::api {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kCursorBytesMax = 1024;

std::string encode(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      text += kAlphabet[bits >> count & 63];
    }
  }
  if (count > 0) text += kAlphabet[bits << (6 - count) & 63];
  return text;
}

std::optional<std::string> decode(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(bits >> count & 255);
    }
  }
  return bytes;
}

}  // namespace

std::string make_cursor(std::string_view list, std::string_view key) {
  return encode(std::string(list).append(1, '|').append(key));
}

std::optional<std::string> read_cursor(std::string_view list, std::string_view cursor) {
  if (cursor.size() > kCursorBytesMax) return std::nullopt;
  auto text = decode(cursor);
  if (!text || text->size() <= list.size() || !text->starts_with(list) || (*text)[list.size()] != '|') {
    return std::nullopt;
  }
  return text->substr(list.size() + 1);
}

}  // namespace skald::api
