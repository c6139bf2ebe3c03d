#include "adapters/http/token_request.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "adapters/http/jwt.hpp"

namespace skald::adapters {
namespace {

using Grant = definition::OAuth2Authentication::Grant;
using Proof = definition::OAuth2Authentication::Proof;
using ::testing::EndsWith;
using ::testing::HasSubstr;

TokenPolicy policy() {
  TokenPolicy policy;
  policy.client_id = Secret("skald");
  policy.client_secret = Secret("s3 cr&t");
  policy.scopes = {"read", "write"};
  policy.audiences = {"shop"};
  return policy;
}

std::string request_of(const TokenPolicy& policy, const std::optional<Secret>& refresh_token = {}) {
  const TokenMoment moment{
      .now = Timestamp(std::chrono::seconds(1'800'000'000)), .id = "7", .refresh_token = refresh_token};
  return token_request(policy, *parse_url("https://id.example.com/oauth2/token"), moment).reveal();
}

TEST(TokenRequest, IsAFormWithTheClientInIt) {
  const std::string body =
      "grant_type=client_credentials&client_id=skald&client_secret=s3+cr%26t&scope=read+write&audience=shop";
  const std::string text = request_of(policy());
  EXPECT_THAT(text, testing::StartsWith("POST /oauth2/token HTTP/1.1\r\nHost: id.example.com\r\n"));
  EXPECT_THAT(text, HasSubstr("Content-Type: application/x-www-form-urlencoded\r\n"));
  EXPECT_THAT(text, HasSubstr("Content-Length: " + std::to_string(body.size()) + "\r\n"));
  EXPECT_THAT(text, EndsWith("\r\n\r\n" + body));
  EXPECT_EQ(text.find("Authorization"), std::string::npos);
}

TEST(TokenRequest, TheClientCanStandInAHeaderOrAlone) {
  auto basic = policy();
  basic.proof = Proof::kBasic;
  EXPECT_THAT(request_of(basic), HasSubstr("Authorization: Basic c2thbGQ6czMrY3IlMjZ0\r\n"));
  EXPECT_EQ(request_of(basic).find("client_"), request_of(basic).find("client_credentials"));
  auto none = policy();
  none.proof = Proof::kNone;
  EXPECT_THAT(request_of(none), HasSubstr("&client_id=skald&scope"));
}

TEST(TokenRequest, JsonWhereItIsAskedFor) {
  auto json = policy();
  json.as_json = true;
  json.scopes.clear();
  EXPECT_THAT(request_of(json), HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(
      request_of(json),
      EndsWith(
          R"({"audience":"shop","client_id":"skald","client_secret":"s3 cr&t","grant_type":"client_credentials"})"));
}

TEST(TokenRequest, EachGrantHasItsValues) {
  auto password = policy();
  password.grant = Grant::kPassword;
  password.username = Secret("me");
  password.password = Secret("pw");
  EXPECT_THAT(request_of(password), HasSubstr("grant_type=password&username=me&password=pw&"));
  auto refresh = policy();
  refresh.grant = Grant::kRefreshToken;
  refresh.subject_token = Secret("r1");
  EXPECT_THAT(request_of(refresh), HasSubstr("grant_type=refresh_token&refresh_token=r1&"));
  EXPECT_THAT(request_of(refresh, Secret("r2")), HasSubstr("refresh_token=r2&"));
}

TEST(TokenRequest, ATokenIsExchangedForAnother) {
  auto exchange = policy();
  exchange.grant = Grant::kTokenExchange;
  exchange.subject_token = Secret("s1");
  exchange.subject_type = "urn:ietf:params:oauth:token-type:access_token";
  EXPECT_THAT(request_of(exchange),
              HasSubstr("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=s1&"
                        "subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&client_id=skald&"));
  exchange.actor_token = Secret("a1");
  exchange.actor_type = "urn:ietf:params:oauth:token-type:jwt";
  EXPECT_THAT(request_of(exchange), HasSubstr("&actor_token=a1&actor_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-"
                                              "type%3Ajwt&client_id=skald&"));
}

TEST(TokenRequest, TheClientsSecretSignsAnAssertion) {
  auto jwt = policy();
  jwt.proof = Proof::kSecretJwt;
  const std::string text = request_of(jwt);
  EXPECT_THAT(text, HasSubstr("&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&"
                              "client_assertion="));
  EXPECT_EQ(text.find("s3"), std::string::npos);
  const auto begin = text.find("client_assertion=") + std::string_view("client_assertion=").size();
  const auto claims = claims_of(text.substr(begin, text.find('&', begin) - begin));
  ASSERT_TRUE(claims);
  EXPECT_EQ(*claims, Json::parse(R"({"iss": "skald", "sub": "skald", "aud": "https://id.example.com/oauth2/token",
                                     "jti": "7", "iat": 1800000000, "exp": 1800000300})"));
}

TEST(TokenRequest, AnAssertionIsSentAsItWasGiven) {
  auto given = policy();
  given.proof = Proof::kPrivateKeyJwt;
  given.client_assertion = Secret("a.b.c");
  EXPECT_THAT(request_of(given), HasSubstr("&client_assertion=a.b.c&scope"));
}

TEST(TokenRequest, PoliciesThatDifferHaveOtherKeys) {
  const std::string key = policy().key();
  EXPECT_EQ(policy().key(), key);
  EXPECT_EQ(key.find("s3"), std::string::npos);
  const std::vector<void (*)(TokenPolicy&)> changes = {
      [](TokenPolicy& p) { p.grant = Grant::kPassword; },
      [](TokenPolicy& p) { p.grant = Grant::kRefreshToken; },
      [](TokenPolicy& p) { p.proof = Proof::kBasic; },
      [](TokenPolicy& p) { p.proof = Proof::kNone; },
      [](TokenPolicy& p) { p.discovers = true; },
      [](TokenPolicy& p) { p.as_json = true; },
      [](TokenPolicy& p) { p.address = "x"; },
      [](TokenPolicy& p) { p.client_id = Secret("x"); },
      [](TokenPolicy& p) { p.client_secret = Secret("rotated"); },
      [](TokenPolicy& p) { p.username = Secret("x"); },
      [](TokenPolicy& p) { p.password = Secret("x"); },
      [](TokenPolicy& p) { p.subject_token = Secret("x"); },
      [](TokenPolicy& p) { p.subject_type = "x"; },
      [](TokenPolicy& p) { p.actor_token = Secret("x"); },
      [](TokenPolicy& p) { p.actor_type = "x"; },
      [](TokenPolicy& p) { p.client_assertion = Secret("x"); },
      [](TokenPolicy& p) { p.issuers = {"x"}; },
      [](TokenPolicy& p) { p.scopes = {"read write"}; },
      [](TokenPolicy& p) { p.scopes = {"write", "read"}; },
      [](TokenPolicy& p) { p.audiences = {}; },
      [](TokenPolicy& p) { std::swap(p.scopes, p.audiences); },
  };
  std::set<std::string> keys = {key};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto other = policy();
    changes[i](other);
    EXPECT_TRUE(keys.insert(other.key()).second) << "change " << i;
  }
}

std::string refusal(int status, const std::string& body) {
  const auto token = token_of(status, body, {});
  return token ? "token" : token.error().message;
}

TEST(TokenAnswer, IsABearerToken) {
  const auto token = token_of(
      200, R"({"access_token":"abc","token_type":"Bearer","expires_in":60,"refresh_token":"r2","scope":"read"})", {});
  ASSERT_TRUE(token);
  EXPECT_EQ(token->header.reveal(), "Bearer abc");
  EXPECT_EQ(token->expires_in, std::chrono::seconds(60));
  EXPECT_EQ(token->refresh_token->reveal(), "r2");
  const auto bare = token_of(200, R"({"access_token":"abc","token_type":"bearer","expires_in":"60"})", {});
  ASSERT_TRUE(bare);
  EXPECT_FALSE(bare->expires_in);
  EXPECT_EQ(token_of(200, R"({"access_token":"a","token_type":"bearer","expires_in":-5})", {})->expires_in,
            std::chrono::seconds(0));
}

TEST(TokenAnswer, WhatIsNoneIsARefusalThatRepeatsNothing) {
  EXPECT_EQ(refusal(400, R"({"error":"invalid_grant","error_description":"s3cr3t"})"),
            "the authority answered 400 to the request for a token (invalid_grant)");
  EXPECT_EQ(token_of(400, R"({"error":"invalid_grant"})", {}).error().code, "token.invalid_grant");
  EXPECT_EQ(token_of(400, R"({"error":"invalid_client"})", {}).error().code, "token.refused");
  EXPECT_EQ(refusal(401, R"({"error":"s3cr3t"})"), "the authority answered 401 to the request for a token");
  EXPECT_EQ(refusal(500, "s3cr3t"), "the authority answered 500 to the request for a token");
  for (const auto* body :
       {"", "[]", "{}", R"({"access_token":"","token_type":"bearer"})", R"({"access_token":5,"token_type":"bearer"})",
        R"({"access_token":"a\r\nb","token_type":"bearer"})"}) {
    EXPECT_EQ(refusal(200, body), "the authority answered without an access_token that can be sent") << body;
  }
  EXPECT_EQ(refusal(200, R"({"access_token":"a","token_type":"mac"})"),
            "the authority gave a token that is no bearer token");
  EXPECT_EQ(refusal(200, R"({"access_token":"a"})"), "the authority gave a token that is no bearer token");
}

TEST(TokenDiscovery, NamesTheEndpoint) {
  const auto of = [&](int status, const std::string& body) {
    const auto url = endpoint_of(status, body, "https://id.example.com/shop");
    return url ? host_and_port(url->origin) + url->target : url.error().message;
  };
  const auto issued_by = [&](const std::string& issuer) {
    return of(200, R"({"issuer":)" + issuer + R"(,"token_endpoint":"https://tokens.example.com/t"})");
  };
  EXPECT_EQ(issued_by(R"("https://id.example.com/shop")"), "tokens.example.com:443/t");
  EXPECT_EQ(issued_by(R"("https://id.example.com/shop/")"), "tokens.example.com:443/t");
  for (const auto* other : {R"("https://id.example.com")", R"("https://id.example.com/shop/a")",
                            R"("http://id.example.com/shop")", R"("")", "5", "null"}) {
    EXPECT_EQ(issued_by(other),
              "the authority's configuration is that of another issuer: its 'issuer' must be "
              "'https://id.example.com/shop' (OpenID Connect Discovery 1.0, 4.3)")
        << other;
  }
  EXPECT_EQ(of(404, "{}"), "the authority answered 404 when asked for its configuration");
  EXPECT_EQ(of(200, "{}"), "the authority's configuration names no token_endpoint");
  EXPECT_EQ(of(200, "no"), "the authority's configuration names no token_endpoint");
  for (const auto* bad : {"http://id.example.com/t", "ftp://a", "https://u:p@id.example.com/", "/t"}) {
    EXPECT_EQ(of(200, std::string(R"({"issuer":"https://id.example.com/shop","token_endpoint":")") + bad + "\"}"),
              "the authority's configuration names a token_endpoint that cannot be used")
        << bad;
  }
}

std::string answer_with(const std::string& access_token, const std::string& id_token = "") {
  return dump_json({{"access_token", access_token}, {"id_token", id_token}, {"token_type", "bearer"}});
}

TEST(TokenAnswer, IsOfAnIssuerThatIsWanted) {
  const std::vector<std::string> issuers = {"https://id.example.com", "https://other.example.com"};
  const auto issued_by = [](const char* issuer) { return signed_jwt({{"iss", issuer}}, Secret("key")).reveal(); };
  EXPECT_TRUE(token_of(200, answer_with(issued_by("https://other.example.com")), issuers));
  EXPECT_TRUE(token_of(200, answer_with("opaque", issued_by("https://id.example.com")), issuers));
  EXPECT_TRUE(token_of(200, answer_with("opaque"), {}));
  const auto foreign = token_of(200, answer_with(issued_by("https://evil.example.com")), issuers);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, "token.refused");
  EXPECT_EQ(foreign.error().message,
            "the authority gave a token of another issuer than https://id.example.com, https://other.example.com");
  const auto opaque = token_of(200, answer_with("opaque"), issuers);
  ASSERT_FALSE(opaque);
  EXPECT_EQ(opaque.error().message,
            "the authority gave a token that does not say whose it is, which 'issuers' asks for");
}

// RFC 7515, appendix A.1, has another header; the tokens of others are read all the same.
TEST(Jwt, SaysWhatItClaims) {
  const auto claims = claims_of(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  ASSERT_TRUE(claims);
  EXPECT_EQ((*claims)["iss"], "joe");
  for (const char* none : {"", "a.b", "a.b.c.d", "..", "a.!!.c", "a.W10.c", "a.e30x.c"}) {
    EXPECT_FALSE(claims_of(none)) << none;
  }
}

// Signed by `openssl dgst -sha256 -hmac key` over the same text.
TEST(Jwt, IsSignedByItsKey) {
  EXPECT_EQ(signed_jwt({{"iss", "joe"}}, Secret("key")).reveal(),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJqb2UifQ.kCyY-XDwtW3iQ5sr31g4Pt_HRdDnhPG6r6gGP_MicvQ");
}

}  // namespace
}  // namespace skald::adapters
