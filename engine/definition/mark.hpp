// A place in a source text.
#pragma once

#include <cstdint>

namespace skald::definition {

struct Mark {
  std::uint32_t line = 1;    // from 1
  std::uint32_t column = 1;  // from 1, in characters

  bool operator==(const Mark&) const = default;
};

}  // namespace skald::definition
