// Randomness from the operating system behind the port, drawn in blocks so that an id costs no system call.
// Any thread: each has a block of its own.
#pragma once

#include "engine/ports/entropy.hpp"

namespace skald::adapters {

class SystemEntropy final : public ports::Entropy {
 public:
  std::uint64_t next() override;
};

}  // namespace skald::adapters
