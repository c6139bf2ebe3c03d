#include "engine/definition/source_text.hpp"

#include <algorithm>
#include <cstdint>

namespace skald::definition {
namespace {

constexpr std::size_t kBlock = 256;

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// The length of the sequence that starts at `at`, or 0 where it is malformed, overlong, a surrogate or out of range.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return 0;
  std::uint32_t code = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[at + i])) return 0;
    code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
  }
  if (length == 3 && (code < 0x800 || (code >= 0xD800 && code <= 0xDFFF))) return 0;
  if (length == 4 && (code < 0x10000 || code > 0x10FFFF)) return 0;
  return length;
}

}  // namespace

SourceText::SourceText(std::string_view text) : text_(text), line_starts_{0} {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % kBlock == 0) block_characters_.push_back(characters);
    if (text[i] == '\n') line_starts_.push_back(i + 1);
    if (!is_continuation(text[i])) ++characters;
  }
  block_characters_.push_back(characters);
}

std::size_t SourceText::characters_before(std::size_t offset) const {
  const std::size_t block = offset / kBlock;
  std::size_t count = block_characters_[std::min(block, block_characters_.size() - 1)];
  for (std::size_t i = block * kBlock; i < offset; ++i) {
    if (!is_continuation(text_[i])) ++count;
  }
  return count;
}

Mark SourceText::mark_at(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const std::size_t line = static_cast<std::size_t>(after - line_starts_.begin());
  const std::size_t column = characters_before(offset) - characters_before(line_starts_[line - 1]);
  return {static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column + 1)};
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

}  // namespace skald::definition
