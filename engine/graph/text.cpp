#include "engine/graph/text.hpp"

#include <cctype>
#include <cstdint>

namespace skald::graph {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 1;
};

// The text is UTF-8: a definition that is not does not load.
Character character_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (bytes == 1 || at + bytes > text.size()) return {lead, 1};
  std::uint32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) code = (code << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  return {code, bytes};
}

std::size_t columns_of(std::uint32_t code) {
  const bool is_wide = (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) ||
                       (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF) ||
                       (code >= 0xFE30 && code <= 0xFE6F) || (code >= 0xFF00 && code <= 0xFF60) ||
                       (code >= 0x1F300 && code <= 0x1FAFF) || (code >= 0x20000 && code <= 0x3FFFD);
  return is_wide ? 2 : 1;
}

bool is_in_xml(std::uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code != 0x7F && code != 0xFFFE && code != 0xFFFF;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character one = character_at(text, at);
    columns += columns_of(one.code);
    at += one.bytes;
  }
  return columns;
}

std::string one_line(std::string_view text, std::size_t columns) {
  const bool fits = columns_of(text) <= columns;
  std::string line;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character one = character_at(text, at);
    used += columns_of(one.code);
    if (!fits && used + 1 > columns) return line + "…";
    if (one.code == '\n' || one.code == '\r' || one.code == '\t') {
      line += ' ';
    } else {
      line += text.substr(at, one.bytes);
    }
    at += one.bytes;
  }
  return line;
}

std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (std::size_t at = 0; at < text.size();) {
    const Character one = character_at(text, at);
    switch (one.code) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += is_in_xml(one.code) ? text.substr(at, one.bytes) : kReplacement;
    }
    at += one.bytes;
  }
  return escaped;
}

}  // namespace skald::graph
