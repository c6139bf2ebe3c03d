// The bytes of a document with a line table: turns byte offsets into places.
//
// Holds a view; the text must outlive it. Immutable, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/definition/mark.hpp"

namespace skald::definition {

// What some editors write before UTF-8.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class SourceText {
 public:
  explicit SourceText(std::string_view text);

  std::string_view text() const { return text_; }

  // Lines and columns from 1; columns in characters (UTF-8 sequences), not bytes.
  Mark mark_at(std::size_t offset) const;

 private:
  std::string_view text_;
  std::size_t characters_before(std::size_t offset) const;

  std::vector<std::size_t> line_starts_;
  std::vector<std::size_t> block_characters_;  // characters before each block: one long line must not cost a scan each
};

// The offset of the first byte that is not part of valid UTF-8 (RFC 3629).
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

}  // namespace skald::definition
