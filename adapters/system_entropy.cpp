#include "adapters/system_entropy.hpp"

#include <sys/random.h>

#include <array>
#include <random>
#include <span>

namespace skald::adapters {
namespace {

struct Block {
  std::array<std::uint64_t, 32> words{};
  std::size_t used = 32;
};

// getrandom gives up to 256 bytes uninterrupted; std::random_device stands in where a sandbox forbids the call.
void fill(std::array<std::uint64_t, 32>& words) {
  const auto bytes = std::as_writable_bytes(std::span(words));
  if (::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size())) return;
  std::random_device device;
  for (auto& word : words) word = static_cast<std::uint64_t>(device()) << 32 | device();
}

}  // namespace

std::uint64_t SystemEntropy::next() {
  thread_local Block block;
  if (block.used == block.words.size()) {
    fill(block.words);
    block.used = 0;
  }
  return block.words[block.used++];
}

}  // namespace skald::adapters
