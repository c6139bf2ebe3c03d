#include "adapters/http/resolver.hpp"

#include <gtest/gtest.h>

namespace skald::adapters {
namespace {

using namespace std::chrono_literals;

class SetClock final : public ports::Clock {
 public:
  Timestamp now() override { return {}; }
  std::chrono::nanoseconds steady() override { return time; }
  std::chrono::nanoseconds time = 1h;
};

struct Names : ::testing::Test {
  Result<Resolver::Addresses> resolve(const std::string& host) {
    Result<Resolver::Addresses> found;
    resolver.resolve(host, [&](const Result<Resolver::Addresses>& addresses) { found = addresses; });
    loop.run();
    loop.restart();
    return found;
  }

  boost::asio::io_context loop{1};
  SetClock clock;
  Resolver resolver{loop, clock};
};

TEST_F(Names, ANumericAddressIsKnown) {
  const auto* addresses = resolver.find("192.0.2.7");
  ASSERT_NE(addresses, nullptr);
  EXPECT_EQ(addresses->front().to_string(), "192.0.2.7");
}

TEST_F(Names, AnAnswerServesWhileTheNameIsLookedUpAgain) {
  EXPECT_EQ(resolver.find("localhost"), nullptr);
  ASSERT_TRUE(resolve("localhost"));
  clock.time += 31s;
  EXPECT_NE(resolver.find("localhost"), nullptr);
  EXPECT_EQ(loop.run(), 1u);  // once, whoever asks meanwhile
  loop.restart();
  clock.time += 9min;
  EXPECT_NE(resolver.find("localhost"), nullptr);
  clock.time += 2min;
  EXPECT_EQ(resolver.find("localhost"), nullptr);
}

TEST_F(Names, AnAddressThatTheNameDoesNotHaveIsNotPreferred) {
  const auto found = resolve("localhost");
  resolver.prefer("localhost", boost::asio::ip::make_address("192.0.2.7"));
  resolver.prefer("elsewhere", found->front());
  EXPECT_EQ(*resolver.find("localhost"), *found);
}

TEST_F(Names, ANameWithoutAnAddressIsAnError) {
  const auto found = resolve("no-such-name.invalid");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "dns.failed");
  EXPECT_EQ(found.error().message, "the name 'no-such-name.invalid' has no address");
}

}  // namespace
}  // namespace skald::adapters
