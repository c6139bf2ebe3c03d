// OAuth 2.0 and OpenID Connect between a participant, a real server and a real authority.
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <utility>

#include "tests/adapters/http/participant_fixture.hpp"
#include "tests/adapters/http/raw_server.hpp"

namespace skald::test {
namespace {

using definition::OAuth2Authentication;
using definition::SecretReference;
using saga::AttemptOutcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Grant = OAuth2Authentication::Grant;

class Tokens : public ParticipantTest {
 protected:
  Tokens() {
    ::setenv("SKALD_SECRET_CLIENT", "cl13nt", 1);
    registry.need_secrets({"client"});
  }
  ~Tokens() override { ::unsetenv("SKALD_SECRET_CLIENT"); }

  void TearDown() override {
    for (const auto& line : log.lines()) EXPECT_EQ(line.find("cl13nt"), std::string::npos) << line;
    for (const auto& answer : answers) {
      if (!answer) continue;
      const std::string kept = answer->title + answer->detail + std::string(answer->body.text());
      for (const char* secret : {"cl13nt", "Bearer"}) EXPECT_EQ(kept.find(secret), std::string::npos) << kept;
    }
  }

  OAuth2Authentication policy() const {
    OAuth2Authentication policy;
    policy.address = authority.url("/oauth2/token");
    policy.client_id = "skald";
    policy.client_secret = SecretReference{"client", ""};
    return policy;
  }

  ports::ParticipantCall call_as(OAuth2Authentication policy) { return call_as(std::move(policy), server.url("/a")); }
  static ports::ParticipantCall call_as(OAuth2Authentication policy, const std::string& url) {
    auto call = literal_call(url);
    call.authentication = std::make_shared<const definition::Authentication>(std::move(policy));
    return call;
  }

  RawReply give_token(const RawRequest& request) {
    if (request.target == "/.well-known/openid-configuration") {
      return RawReply{http_answer(
          200, R"({"issuer":")" + authority.url() + R"(","token_endpoint":")" + authority.url("/discovered") + "\"}")};
    }
    if (authority_status != 200) {
      return RawReply{http_answer(authority_status, std::string(R"({"error":")") + authority_error.load() + "\"}")};
    }
    const std::string number = std::to_string(++given);
    return RawReply{http_answer(200, R"({"access_token":"t)" + number + R"(","token_type":"Bearer","expires_in":)" +
                                         std::to_string(lasts) + R"(,"refresh_token":"r)" + number + "\"}")};
  }

  RawReply serve(const RawRequest& request) {
    const auto authorization = request.headers.at("authorization");
    return RawReply{http_answer(authorization == "Bearer t" + std::to_string(refused) ? 401 : 200, "{}")};
  }

  std::vector<std::string> seen_by_server() const {
    std::vector<std::string> seen;
    for (const auto& request : server.requests()) seen.push_back(request.headers.at("authorization"));
    return seen;
  }

  bool all_answered() const {
    return std::ranges::all_of(answers, [](const auto& answer) { return answer.has_value(); });
  }

  std::atomic<int> authority_status{200};
  std::atomic<const char*> authority_error{"invalid_client"};
  std::atomic<int> given{0};
  std::atomic<int> lasts{3600};
  std::atomic<int> refused{0};  // the number of a token
  RawServer authority{[this](const RawRequest& request) { return give_token(request); }};
  RawServer server{[this](const RawRequest& request) { return serve(request); }};
};

TEST_F(Tokens, OneIsFetchedAndKept) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(exchange(call_as(policy())).outcome, AttemptOutcome::kDone);
  EXPECT_THAT(seen_by_server(), ElementsAre("Bearer t1", "Bearer t1", "Bearer t1"));
  const auto requests = authority.requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].target, "/oauth2/token");
  EXPECT_EQ(requests[0].body, "grant_type=client_credentials&client_id=skald&client_secret=cl13nt");
  EXPECT_FALSE(requests[0].headers.contains("idempotency-key")) << "an authority is no participant";
  EXPECT_FALSE(requests[0].headers.contains("skald-execution"));
}

TEST_F(Tokens, CallsAtTheSameTimeShareAFetch) {
  for (int i = 0; i < 100; ++i) send(call_as(policy()));
  run_until([&] { return all_answered(); });
  for (const auto& answer : answers) EXPECT_EQ(answer->outcome, AttemptOutcome::kDone);
  EXPECT_EQ(authority.requests().size(), 1u);
  EXPECT_EQ(server.requests().size(), 100u);
  EXPECT_EQ(telemetry.inflight, 0);
}

TEST_F(Tokens, OneThatIsOverIsNotUsed) {
  lasts = 0;
  exchange(call_as(policy()));
  exchange(call_as(policy()));
  EXPECT_THAT(seen_by_server(), ElementsAre("Bearer t1", "Bearer t2"));
}

TEST_F(Tokens, OneThatIsRefusedIsRenewedOnce) {
  refused = 1;
  EXPECT_EQ(exchange(call_as(policy())).outcome, AttemptOutcome::kDone);
  EXPECT_THAT(seen_by_server(), ElementsAre("Bearer t1", "Bearer t2"));
  EXPECT_THAT(telemetry.requests, ElementsAre("http. 200"));
  refused = 2;
  EXPECT_EQ(exchange(call_as(policy())).outcome, AttemptOutcome::kDone);
  EXPECT_EQ(given, 3);
}

TEST_F(Tokens, ARenewedOneThatIsRefusedIsARefusal) {
  RawServer strict([](const RawRequest&) { return RawReply{http_answer(401, "{}")}; });
  const auto answer = exchange(call_as(policy(), strict.url("/a")));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(answer.retryable);
  EXPECT_EQ(answer.title, "the participant answered 401");
  EXPECT_EQ(strict.requests().size(), 2u);
  EXPECT_EQ(given, 2);
}

TEST_F(Tokens, ARefusalIsTheAnswerWhereThereIsNoOtherToken) {
  RawServer strict([this](const RawRequest&) {
    authority_status = 503;
    return RawReply{http_answer(401, "{}")};
  });
  const auto answer = exchange(call_as(policy(), strict.url("/a")));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_TRUE(answer.sent);
  EXPECT_FALSE(answer.retryable);
  EXPECT_EQ(answer.title, "the participant answered 401");
  EXPECT_THAT(telemetry.requests, ElementsAre("http. 401"));
  EXPECT_EQ(telemetry.inflight, 0);
}

TEST_F(Tokens, AnAuthorityThatRefusesIsNothingSent) {
  authority_status = 401;
  for (int i = 0; i < 5; ++i) send(call_as(policy()));
  run_until([&] { return all_answered(); });
  for (const auto& answer : answers) {
    EXPECT_EQ(answer->outcome, AttemptOutcome::kRefused);
    EXPECT_TRUE(answer->retryable);
    EXPECT_FALSE(answer->sent);
    EXPECT_EQ(answer->error_type, "authentication");
    EXPECT_EQ(answer->title, "the authority answered 401 to the request for a token (invalid_client)");
  }
  EXPECT_TRUE(server.requests().empty());
  EXPECT_EQ(telemetry.inflight, 0);
  authority_status = 200;
  EXPECT_EQ(exchange(call_as(policy())).outcome, AttemptOutcome::kDone);
}

TEST_F(Tokens, AnAuthorityThatIsNotThereIsNothingSent) {
  auto nowhere = policy();
  nowhere.address = "http://127.0.0.1:1/oauth2/token";
  const auto answer = exchange(call_as(nowhere));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_TRUE(answer.retryable);
  EXPECT_FALSE(answer.sent);
  EXPECT_EQ(answer.title, "no token from the authority: no connection to 127.0.0.1:1");
}

TEST_F(Tokens, AnAttemptDoesNotOutliveItsDeadlineForAToken) {
  RawServer silent([](const RawRequest&) { return RawReply{"", RawReply::Then::kHang}; });
  auto slow = policy();
  slow.address = silent.url("/t");
  auto call = call_as(slow);
  call.timeout = std::chrono::milliseconds(50);
  const auto answer = exchange(std::move(call));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_TRUE(answer.retryable);
  EXPECT_EQ(answer.error_type, "timeout");
  EXPECT_EQ(answer.title, "the attempt timed out before there was a token");
  EXPECT_EQ(telemetry.inflight, 0);
}

TEST_F(Tokens, TheRefreshTokenIsTheNewest) {
  lasts = 0;
  auto refresh = policy();
  refresh.grant = Grant::kRefreshToken;
  refresh.subject_token = "r0";
  exchange(call_as(refresh));
  exchange(call_as(refresh));
  const auto requests = authority.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_THAT(requests[0].body, HasSubstr("refresh_token=r0"));
  EXPECT_THAT(requests[1].body, HasSubstr("refresh_token=r1"));
}

TEST_F(Tokens, TheNewestRefreshTokenIsGivenUpWhenItIsNotTakenAnyMore) {
  lasts = 0;
  auto refresh = policy();
  refresh.grant = Grant::kRefreshToken;
  refresh.subject_token = "r0";
  const auto used = [&](int status, const char* error = "") {
    authority_status = status;
    authority_error = error;
    exchange(call_as(refresh));
    const std::string body = authority.requests().back().body;
    return body.substr(body.find("refresh_token=r") + 14, 2);
  };
  EXPECT_EQ(used(200), "r0");
  EXPECT_EQ(used(503), "r1");
  EXPECT_EQ(used(401, "invalid_client"), "r1");
  EXPECT_EQ(used(400, "invalid_grant"), "r1");
  EXPECT_EQ(used(200), "r0");
}

TEST_F(Tokens, OpenIdConnectFindsItsEndpoint) {
  auto oidc = policy();
  oidc.discovers = true;
  oidc.address = authority.url("/.well-known/openid-configuration");
  EXPECT_EQ(exchange(call_as(oidc)).outcome, AttemptOutcome::kDone);
  const auto requests = authority.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].method, "GET");
  EXPECT_EQ(requests[1].target, "/discovered");
}

TEST_F(Tokens, AnUploadedDefinitionAsksAllowedAuthoritiesOnly) {
  options.allowed_hosts = {"127.0.0.1:" + std::to_string(server.port())};
  options.allowed_secrets = {"client"};
  auto call = call_as(policy());
  call.trusted = false;
  const auto answer = exchange(std::move(call));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(answer.retryable);
  EXPECT_EQ(answer.title, "the authority '127.0.0.1:" + std::to_string(authority.port()) +
                              "' is not among http.allowedHosts of this server");
  EXPECT_TRUE(authority.requests().empty());
}

TEST_F(Tokens, ARotatedSecretAsksForAnotherToken) {
  exchange(call_as(policy()));
  ::setenv("SKALD_SECRET_CLIENT", "rotated", 1);
  ASSERT_TRUE(registry.refresh());
  exchange(call_as(policy()));
  EXPECT_THAT(seen_by_server(), ElementsAre("Bearer t1", "Bearer t2"));
  EXPECT_THAT(authority.requests().back().body, HasSubstr("client_secret=rotated"));
}

TEST_F(Tokens, AllThatIsNeededMayBeInASecret) {
  const auto call_with = [&](const std::string& configuration) {
    ::setenv("SKALD_SECRET_IDP", configuration.c_str(), 1);
    registry.need_secrets({"client", "idp"});
    registry.refresh();
    auto call = literal_call(server.url("/a"));
    call.authentication = std::make_shared<const definition::Authentication>(definition::OAuth2Secret{.name = "idp"});
    return exchange(std::move(call));
  };
  const std::string client = R"("client": {"id": "skald", "secret": "cl13nt"})";
  const std::string grant = R"("grant": "client_credentials")";
  const auto done = call_with(R"({"authority": ")" + authority.url() + R"(", )" + grant + ", " + client + "}");
  EXPECT_EQ(done.outcome, AttemptOutcome::kDone);
  EXPECT_EQ(authority.requests().at(0).body, "grant_type=client_credentials&client_id=skald&client_secret=cl13nt");
  const std::vector<std::pair<std::string, std::string>> useless = {
      {"cl13nt", "secret 'idp' is no JSON object"},
      {"{" + grant + ", " + client + "}",
       "secret 'idp' holds no configuration of oauth2 that can be used: the document needs the key 'authority'"},
      {R"({"authority": "cl13nt", )" + grant + ", " + client + "}",
       "secret 'idp' holds no configuration of oauth2 that can be used: bad-endpoint at '/authority'"},
      {R"({"authority": "https://a", )" + grant + R"(, "client": {"id": "${ .a }", "authentication": "none"}})",
       "secret 'idp' must hold text, and no expressions"},
  };
  for (const auto& [configuration, why] : useless) {
    const auto answer = call_with(configuration);
    EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
    EXPECT_FALSE(answer.retryable);
    EXPECT_EQ(answer.error_type, "configuration");
    EXPECT_EQ(answer.title, why);
  }
  ::unsetenv("SKALD_SECRET_IDP");
}

TEST_F(Tokens, OneOfAnotherIssuerIsNotSent) {
  auto wants = policy();
  wants.issuers = {"https://id.example.com"};
  const auto answer = exchange(call_as(wants));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_TRUE(answer.retryable);
  EXPECT_EQ(answer.error_type, "authentication");
  EXPECT_EQ(answer.title, "the authority gave a token that does not say whose it is, which 'issuers' asks for");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Tokens, EachRequestHasAnAssertionOfItsOwn) {
  lasts = 0;
  auto jwt = policy();
  jwt.proof = OAuth2Authentication::Proof::kSecretJwt;
  exchange(call_as(jwt));
  exchange(call_as(jwt));
  const auto requests = authority.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_THAT(requests[0].body, HasSubstr("client_assertion="));
  EXPECT_NE(requests[0].body, requests[1].body);
}

// An authority that answers when it is told to.
class SlowTokens : public Tokens {
 protected:
  ~SlowTokens() override { let_it_answer(); }

  void let_it_answer() {
    if (!std::exchange(told_, true)) word_.set_value();
  }
  ports::ParticipantCall slow_call() {
    auto asks = policy();
    asks.address = slow.url("/t");
    return call_as(asks);
  }

 private:
  bool told_ = false;
  std::promise<void> word_;

 protected:
  RawServer slow{[word = word_.get_future().share(), this](const RawRequest& request) {
    word.wait();
    return give_token(request);
  }};
};

TEST_F(SlowTokens, AbandonDropsWhoWaitsForAToken) {
  const auto index = send(slow_call());
  run_until([&] { return !slow.requests().empty(); });
  participant().abandon_all();
  let_it_answer();
  EXPECT_EQ(exchange(slow_call()).outcome, AttemptOutcome::kDone);
  EXPECT_FALSE(answers[index]);
  EXPECT_EQ(slow.requests().size(), 2u) << "the second call did not share what was abandoned";
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(SlowTokens, ACallThatWaitsForATokenCanBeTakenBack) {
  auto call = slow_call();
  const auto execution = call.execution;
  const auto key = call.key;
  const auto index = send(std::move(call));
  run_until([&] { return !slow.requests().empty(); });
  EXPECT_TRUE(participant().withdraw(execution, key));
  EXPECT_FALSE(participant().withdraw(execution, key));
  EXPECT_EQ(telemetry.inflight, 0);
  let_it_answer();
  EXPECT_EQ(exchange(slow_call()).outcome, AttemptOutcome::kDone);
  EXPECT_FALSE(answers[index]);
  EXPECT_EQ(slow.requests().size(), 1u);
  EXPECT_EQ(server.requests().size(), 1u);
}

}  // namespace
}  // namespace skald::test
