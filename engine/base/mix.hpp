// splitmix64: one well-mixed number from another one (Steele, Lea, Flood 2014).
#pragma once

#include <cstdint>

namespace skald {

// Between the numbers of a series.
inline constexpr std::uint64_t kMixStep = 0x9E3779B97F4A7C15ull;

constexpr std::uint64_t mix(std::uint64_t seed) {
  seed += kMixStep;
  seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9ull;
  seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EBull;
  return seed ^ (seed >> 31);
}

}  // namespace skald
