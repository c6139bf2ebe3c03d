#include "api/http/accept.hpp"

#include <gtest/gtest.h>

#include <array>

namespace skald::api {
namespace {

constexpr std::array<std::string_view, 3> kOffered = {"text/plain", "text/vnd.graphviz", "image/svg+xml"};

std::string_view chosen(std::optional<std::string_view> accept) {
  const auto at = choose_media_type(accept, kOffered);
  return at ? kOffered[*at] : "none";
}

TEST(Accept, WithoutAWishTheFirstIsGiven) {
  EXPECT_EQ(chosen(std::nullopt), "text/plain");
  EXPECT_EQ(chosen(" "), "text/plain");
  EXPECT_EQ(chosen("*/*"), "text/plain");
}

TEST(Accept, TheClosestRangeOfATypeCounts) {
  EXPECT_EQ(chosen("image/svg+xml"), "image/svg+xml");
  EXPECT_EQ(chosen("text/html, Image/SVG+XML;charset=utf-8, */*;q=0.8"), "image/svg+xml");
  EXPECT_EQ(chosen("image/avif,image/webp,image/*,*/*;q=0.8"), "image/svg+xml");
  EXPECT_EQ(chosen("text/*, text/plain;q=0.1"), "text/vnd.graphviz");
  EXPECT_EQ(chosen("text/plain ; q = 0.5 , image/svg+xml ; q = 0.6"), "image/svg+xml");
}

TEST(Accept, NothingIsGivenThatIsRefused) {
  EXPECT_EQ(chosen("text/html"), "none");
  EXPECT_EQ(chosen("text/plain;q=0"), "none");
  EXPECT_EQ(chosen("text/plain;q=x"), "none");
  EXPECT_EQ(chosen("*/*, text/plain;q=0"), "text/vnd.graphviz");
  EXPECT_EQ(chosen(",;=,q=1"), "none");
}

}  // namespace
}  // namespace skald::api
