#include "engine/definition/semantic_version.hpp"

#include <gtest/gtest.h>

namespace skald::definition {
namespace {

// The examples of semver.org, section 11, in order.
TEST(SemanticVersion, OrdersByPrecedence) {
  const char* const ordered[] = {"0.9.0",      "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
                                 "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
                                 "1.0.0",      "1.0.10",       "1.2.0",         "2.0.0",
                                 "10.0.0"};
  for (std::size_t i = 0; i < std::size(ordered); ++i) {
    for (std::size_t j = 0; j < std::size(ordered); ++j) {
      const auto a = parse_semantic_version(ordered[i]), b = parse_semantic_version(ordered[j]);
      ASSERT_TRUE(a && b);
      EXPECT_EQ(compare(*a, *b), i <=> j) << ordered[i] << " " << ordered[j];
    }
  }
}

TEST(SemanticVersion, BuildMetadataDoesNotCount) {
  EXPECT_EQ(compare(*parse_semantic_version("1.0.0+a"), *parse_semantic_version("1.0.0+b")),
            std::weak_ordering::equivalent);
}

TEST(SemanticVersion, RefusesOtherText) {
  for (const char* text : {"", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0-a..b", "1.0.0+", "v1.0.0",
                           "1.0.x", " 1.0.0", "1.0.0 ", "-1.0.0", "1..0", "99999999999999999999.0.0"}) {
    EXPECT_FALSE(parse_semantic_version(text).has_value()) << text;
  }
  EXPECT_TRUE(parse_semantic_version("1.0.0-0a.x-y+001").has_value());
}

}  // namespace
}  // namespace skald::definition
