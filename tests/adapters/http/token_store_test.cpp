// Which tokens are forgotten when there are too many policies.
#include "adapters/http/token_store.hpp"

#include <atomic>

#include "tests/adapters/http/participant_fixture.hpp"
#include "tests/adapters/http/raw_server.hpp"

namespace skald::test {
namespace {

using adapters::Secret;
using adapters::TokenPolicy;
using Grant = definition::OAuth2Authentication::Grant;

class TokenStore : public ParticipantTest {
 protected:
  // The number of the token that the store has for a client.
  std::string token_of(const std::string& client, Grant grant = Grant::kClientCredentials) {
    adapters::TokenWish wish;
    wish.policy.address = authority.url("/t");
    wish.policy.client_id = Secret(client);
    wish.policy.grant = grant;
    wish.deadline = clock.steady() + std::chrono::seconds(20);
    std::optional<std::string> header;
    store.get(std::move(wish), [&](Result<Secret> got) { header = got ? got->reveal() : got.error().message; });
    run_until([&] { return header.has_value(); });
    return header.value_or("");
  }

  std::atomic<int> given{0};
  std::atomic<int> lasts{3600};
  RawServer authority{[this](const RawRequest&) {
    const std::string number = std::to_string(++given);
    return RawReply{http_answer(200, R"({"access_token":")" + number + R"(","token_type":"bearer","expires_in":)" +
                                         std::to_string(lasts) + R"(,"refresh_token":"r)" + number + "\"}")};
  }};
  adapters::TlsTrustPtr no_trust = trust();
  adapters::DeadlineWheel wheel{loop, clock};
  adapters::Resolver resolver{loop, clock};
  adapters::TokenStore store{{.loop = loop,
                              .trust = no_trust,
                              .clock = clock,
                              .entropy = entropy,
                              .options = options,
                              .wheel = wheel,
                              .resolver = resolver},
                             3};
};

TEST_F(TokenStore, ForgetsTheLeastRecentlyUsedButNoReplacedRefreshToken) {
  EXPECT_EQ(token_of("a", Grant::kRefreshToken), "Bearer 1");
  EXPECT_EQ(token_of("b"), "Bearer 2");
  EXPECT_EQ(token_of("c"), "Bearer 3");
  EXPECT_EQ(token_of("b"), "Bearer 2");
  EXPECT_EQ(token_of("d"), "Bearer 4");
  EXPECT_EQ(token_of("a", Grant::kRefreshToken), "Bearer 1");
  EXPECT_EQ(token_of("b"), "Bearer 2");
  EXPECT_EQ(token_of("c"), "Bearer 5") << "c had to go for d";
}

TEST_F(TokenStore, ForgetsWhatIsOverFirst) {
  EXPECT_EQ(token_of("a"), "Bearer 1");
  EXPECT_EQ(token_of("b"), "Bearer 2");
  lasts = 0;
  EXPECT_EQ(token_of("c"), "Bearer 3");
  lasts = 3600;
  EXPECT_EQ(token_of("d"), "Bearer 4");
  EXPECT_EQ(token_of("a"), "Bearer 1");
  EXPECT_EQ(token_of("b"), "Bearer 2");
}

TEST_F(TokenStore, KeepsWhoWaits) {
  int answered = 0;
  for (int i = 0; i < 10; ++i) {
    adapters::TokenWish wish;
    wish.policy.address = authority.url("/t");
    wish.policy.client_id = Secret(std::to_string(i));
    wish.deadline = clock.steady() + std::chrono::seconds(20);
    store.get(std::move(wish), [&](const Result<Secret>& got) { answered += got ? 1 : 0; });
  }
  run_until([&] { return answered == 10; });
  EXPECT_EQ(given, 10);
}

}  // namespace
}  // namespace skald::test
