#include "engine/base/url.hpp"

#include <gtest/gtest.h>

namespace skald {
namespace {

TEST(Url, PasswordsAreMasked) {
  EXPECT_EQ(without_password("postgresql://skald:hunter2@db/shop"), "postgresql://skald:***@db/shop");
  EXPECT_EQ(without_password("postgresql://skald:hun@ter:2@db:5432/shop?a=b"),
            "postgresql://skald:***@db:5432/shop?a=b");
  EXPECT_EQ(without_password("postgresql://skald:hun?ter/2@db/shop"), "postgresql://skald:***@db/shop");
  EXPECT_EQ(without_password("postgresql:///shop?password=hunter2&host=/run&sslpassword=x"),
            "postgresql:///shop?password=***&host=/run&sslpassword=***");
}

TEST(Url, OtherUrlsStay) {
  for (const char* url :
       {"sqlite:skald.db", "sqlite:a@b:c", "postgresql://skald@db:5432/shop", "postgresql:///shop?host=/run"}) {
    EXPECT_EQ(without_password(url), url);
  }
}

}  // namespace
}  // namespace skald
