// Text put together from pieces: their sizes first, so that a length can stand before them and nothing is copied twice.
#pragma once

#include <charconv>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace skald::probe {

using Pieces = std::initializer_list<std::string_view>;

inline std::size_t size_of(Pieces pieces) {
  std::size_t size = 0;
  for (const std::string_view piece : pieces) size += piece.size();
  return size;
}

inline void append(std::string& out, Pieces pieces) {
  for (const std::string_view piece : pieces) out.append(piece);
}

inline void assign(std::string& out, Pieces pieces) {
  out.clear();
  append(out, pieces);
}

inline void append_number(std::string& out, std::size_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace skald::probe
