#include "adapters/http/digest.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace skald::adapters {
namespace {

using ::testing::HasSubstr;
using Algorithm = DigestChallenge::Algorithm;

// RFC 7616, 3.9.1.
constexpr const char* kParameters =
    R"(realm="http-auth@example.org", qop="auth, auth-int", algorithm=%, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")";

std::string challenge_of(const std::string& algorithm) {
  std::string text = std::string("Digest ") + kParameters;
  return text.replace(text.find('%'), 1, algorithm);
}

std::string header_for(const std::string& challenge) {
  const auto chosen = choose_challenge(std::vector<std::string>{challenge});
  if (!chosen) return "none";
  return digest_header(
             *chosen, Secret("Mufasa"), Secret("Circle of Life"),
             {.method = "GET", .target = "/dir/index.html", .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"})
      .reveal();
}

TEST(Digest, IsThatOfTheRfcsExample) {
  EXPECT_EQ(
      header_for(challenge_of("MD5")),
      R"(Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", )"
      R"(uri="/dir/index.html", response="8ca523f5e9506fed4657c9700eebdbec", algorithm=MD5, )"
      R"(cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, nc=00000001, )"
      R"(opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")");
  EXPECT_THAT(header_for(challenge_of("SHA-256")),
              HasSubstr("753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"));
}

TEST(Digest, WithoutAnAlgorithmItIsMd5) {
  const std::string header = header_for(
      R"(Digest realm="http-auth@example.org", qop=auth, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v")");
  EXPECT_THAT(header, HasSubstr("8ca523f5e9506fed4657c9700eebdbec"));
  EXPECT_EQ(header.find("algorithm"), std::string::npos);
  EXPECT_EQ(header.find("opaque"), std::string::npos);
}

TEST(Digest, TheStrongestChallengeIsAnswered) {
  const auto algorithm = [](std::vector<std::string> fields) { return choose_challenge(fields)->algorithm; };
  EXPECT_EQ(algorithm({challenge_of("MD5"), challenge_of("SHA-256")}), Algorithm::kSha256);
  EXPECT_EQ(algorithm({challenge_of("SHA-256"), challenge_of("MD5")}), Algorithm::kSha256);
  EXPECT_EQ(algorithm({R"(Basic realm="a, b", )" + challenge_of("SHA-512-256") + ", " + challenge_of("MD5")}),
            Algorithm::kMd5);
}

TEST(Digest, ASessionIsBoundToItsNonces) {
  const auto chosen = choose_challenge(std::vector<std::string>{challenge_of("SHA-256-sess")});
  ASSERT_TRUE(chosen);
  EXPECT_TRUE(chosen->session);
  EXPECT_THAT(header_for(challenge_of("MD5-sess")),
              HasSubstr("response=\"e783283f46242139c486a698fec7211d\", algorithm=MD5-sess"));
  EXPECT_THAT(header_for(challenge_of("SHA-256-sess")),
              HasSubstr("response=\"2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7\", "
                        "algorithm=SHA-256-sess"));
}

TEST(Digest, AUsernameCanBeHashed) {
  const std::string header = header_for(challenge_of("SHA-256") + ", userhash=true");
  EXPECT_THAT(header, HasSubstr("userhash=true"));
  EXPECT_THAT(header, HasSubstr("username=\"a947aad205e80e429958a387394944c6b496301e79f89d35a4cc23b6ee12b5b6\""));
  EXPECT_THAT(header, HasSubstr("753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"))
      << "the response is that of the name itself (RFC 7616, 3.4.4)";
}

TEST(Digest, QuotesAreEscaped) {
  const auto chosen =
      choose_challenge(std::vector<std::string>{R"(Digest realm="a \"b\" \\c", nonce="n", qop="auth")"});
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->realm, R"(a "b" \c)");
  EXPECT_THAT(digest_header(*chosen, Secret("u"), Secret("p"), {"GET", "/", "c"}).reveal(),
              HasSubstr(R"(realm="a \"b\" \\c")"));
}

TEST(Digest, WhatCannotBeAnsweredIsNoChallenge) {
  for (const auto* field :
       {"", "Basic realm=\"a\"", "Bearer", "Digest", "Digest realm=\"a\", nonce=\"b\"",
        "Digest realm=\"a\", nonce=\"b\", qop=\"auth-int\"", "Digest realm=\"a\", qop=auth",
        "Digest realm=\"a\", nonce=\"b\", qop=auth, algorithm=SHA-1",
        "Digest realm=\"a\", realm=\"b\", nonce=\"b\", qop=auth", "Digest realm=\"a, nonce=\"b\", qop=auth",
        "Digest realm=, nonce=\"b\", qop=auth", "Digest nonce=\"b\", qop=auth, realm=\"a\\", "realm=\"a\", nonce=\"b\"",
        "===,,,\"", "Negotiate YII=, Digest"}) {
    EXPECT_EQ(header_for(field), "none") << field;
  }
}

}  // namespace
}  // namespace skald::adapters
