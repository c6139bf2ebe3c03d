// Texts of a document as messages quote them.
#pragma once

#include <string>
#include <string_view>

namespace skald::definition {

// The first 100 bytes, at the end of a character, with "..." where there are more.
inline std::string excerpt(std::string_view text) {
  constexpr std::size_t kExcerptMax = 100;
  if (text.size() <= kExcerptMax) return std::string(text);
  std::size_t end = kExcerptMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace skald::definition
