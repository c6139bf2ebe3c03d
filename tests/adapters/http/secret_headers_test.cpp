// Headers of a `call: http` that hold secrets, between a participant and a real server.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/adapters/http/participant_fixture.hpp"
#include "tests/adapters/http/raw_server.hpp"

namespace skald::test {
namespace {

using definition::SecretHeader;
using definition::SecretReference;
using saga::AttemptOutcome;

class SecretHeaders : public ParticipantTest {
 protected:
  SecretHeaders() {
    ::setenv("SKALD_SECRET_SHOP_KEY", "k3y", 1);
    ::setenv("SKALD_SECRET_SHOP_LINES", "a\r\nX: y", 1);
    registry.need_secrets({"shop-key", "shop-lines", "shop-missing"});
  }
  ~SecretHeaders() override {
    ::unsetenv("SKALD_SECRET_SHOP_KEY");
    ::unsetenv("SKALD_SECRET_SHOP_LINES");
  }

  ports::ParticipantCall call_with(std::vector<SecretHeader> headers) {
    auto call = literal_call(server.url("/a"));
    call.secret_headers = std::make_shared<const std::vector<SecretHeader>>(std::move(headers));
    return call;
  }

  RawServer server{[](const RawRequest&) { return RawReply{http_answer(200, "{}")}; }};
};

TEST_F(SecretHeaders, AreMadeOfTheSecretsWhenTheyAreSent) {
  const auto answer = exchange(call_with({{"X-Key", {SecretReference{"shop-key", ""}}},
                                          {"Authorization", {std::string("Key "), SecretReference{"shop-key", ""}}},
                                          {"User-Agent", {std::string("shop")}}}));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kDone);
  const auto headers = server.requests().at(0).headers;
  EXPECT_EQ(headers.at("x-key"), "k3y");
  EXPECT_EQ(headers.at("authorization"), "Key k3y");
  EXPECT_EQ(headers.at("user-agent"), "shop");
}

TEST_F(SecretHeaders, OneThatIsMissingIsWaitedFor) {
  const auto answer = exchange(call_with({{"X-Key", {SecretReference{"shop-missing", ""}}}}));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(answer.sent);
  EXPECT_TRUE(answer.retryable);
  EXPECT_EQ(answer.title, "secret 'shop-missing' is not set");
  EXPECT_EQ(server.requests().size(), 0u);
}

TEST_F(SecretHeaders, AreCheckedLikeOthersAndNotShown) {
  for (auto headers : {std::vector<SecretHeader>{{"X-Key", {SecretReference{"shop-lines", ""}}}},
                       std::vector<SecretHeader>{{"Skald-Step", {SecretReference{"shop-key", ""}}}}}) {
    const auto answer = exchange(call_with(std::move(headers)));
    EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
    EXPECT_FALSE(answer.sent);
    EXPECT_EQ(answer.title.find("k3y"), std::string::npos);
    EXPECT_EQ((answer.title + answer.detail).find("X: y"), std::string::npos);
  }
  EXPECT_EQ(server.requests().size(), 0u);
}

TEST_F(SecretHeaders, AnUploadedDefinitionUsesTheAllowedOnesAlone) {
  options.allowed_hosts = {"127.0.0.1"};
  options.allowed_secrets = {"shop-lines"};
  auto call = call_with({{"X-Key", {SecretReference{"shop-key", ""}}}});
  call.trusted = false;
  const auto answer = exchange(std::move(call));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(answer.retryable);
  EXPECT_EQ(answer.title, "secret 'shop-key' is not among http.allowedSecrets of this server");
}

}  // namespace
}  // namespace skald::test
