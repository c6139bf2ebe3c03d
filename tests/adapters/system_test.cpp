#include <gtest/gtest.h>

#include <set>

#include "adapters/system_clock.hpp"
#include "adapters/system_entropy.hpp"

namespace skald::adapters {
namespace {

TEST(SystemClock, TellsUtcAndNeverGoesBack) {
  SystemClock clock;
  EXPECT_GT(clock.now(), *parse_rfc3339("2024-01-01T00:00:00Z"));
  auto last = clock.steady();
  for (int i = 0; i < 1000; ++i) {
    const auto next = clock.steady();
    EXPECT_GE(next, last);
    last = next;
  }
}

TEST(SystemEntropy, DoesNotRepeat) {
  SystemEntropy entropy;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(entropy.next()).second);
}

}  // namespace
}  // namespace skald::adapters
