#include "api/views/mask.hpp"

#include <gtest/gtest.h>

namespace skald::api {
namespace {

std::string masked(std::string text) {
  mask_callbacks(text);
  return text;
}

TEST(Mask, BlanksTheMacOfATokenAndTheSecret) {
  const std::string digits = "0123456789abcdef0123456789abcdef";
  const std::string stars(32, '*');
  EXPECT_EQ(masked("/v1/callbacks/id~order.pay~" + digits), "/v1/callbacks/id~order.pay~" + stars);
  EXPECT_EQ(masked(R"({"a":"x~y~)" + digits + R"(","b":"~)" + digits + "\"}"),
            R"({"a":"x~y~)" + stars + R"(","b":"~)" + stars + "\"}");
  EXPECT_EQ(masked(R"({"callbackSecret":")" + digits + "\"}"), R"({"callbackSecret":")" + stars + "\"}");
  EXPECT_EQ(masked(digits + " ~short"), digits + " ~short");
}

}  // namespace
}  // namespace skald::api
