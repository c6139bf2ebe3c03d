// Randomness, as the engine gets it: ids, jitter. Any thread.
#pragma once

#include <cstdint>

namespace skald::ports {

class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual std::uint64_t next() = 0;
};

}  // namespace skald::ports
