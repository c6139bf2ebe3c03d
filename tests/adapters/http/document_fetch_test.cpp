// Fetching a document of a definition: one GET, and what is no document.
#include "adapters/document_fetch.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "adapters/system_clock.hpp"
#include "adapters/system_entropy.hpp"
#include "tests/adapters/http/raw_server.hpp"
#include "tests/adapters/http/tls_server.hpp"

namespace skald::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct DocumentFetch : testing::Test {
  adapters::SystemClock clock;
  adapters::SystemEntropy entropy;
  adapters::FetchOptions options{.trust = adapters::load_tls_trust("").value(), .clock = clock, .entropy = entropy};

  Result<std::string> fetch(const std::string& uri) { return adapters::fetch_document({.uri = uri}, options); }
  Result<std::string> fetch_as(definition::Authentication who, const std::string& uri, bool trusted = true) {
    auto authentication = std::make_shared<const definition::Authentication>(std::move(who));
    return adapters::fetch_document({.uri = uri, .authentication = std::move(authentication), .trusted = trusted},
                                    options);
  }
  std::string error_of(const std::string& uri) {
    const auto fetched = fetch(uri);
    return fetched ? "fetched" : to_text(fetched.error());
  }
};

TEST_F(DocumentFetch, ReadsTheBodyOfA200) {
  RawServer server(
      [](const RawRequest&) { return RawReply{http_answer(200, "openapi: 3.1.0"), RawReply::Then::kClose}; });
  EXPECT_EQ(fetch(server.url("/specs/a.yaml?v=1")), "openapi: 3.1.0");
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/specs/a.yaml?v=1");
  EXPECT_EQ(request.headers.at("host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_THAT(request.headers.at("accept"), HasSubstr("application/json"));
  EXPECT_FALSE(request.headers.contains("authorization"));
}

TEST_F(DocumentFetch, SaysWhatItGotInstead) {
  std::string bytes;
  RawServer server([&](const RawRequest&) { return RawReply{bytes, RawReply::Then::kClose}; });
  const auto answered = [&](std::string answer) {
    bytes = std::move(answer);
    return error_of(server.url("/a"));
  };
  EXPECT_THAT(answered(http_answer(404, "")), HasSubstr("its host answered 404"));
  EXPECT_THAT(answered(http_answer(302, "", "Location: http://elsewhere/\r\n")),
              HasSubstr("name the address that it redirects to"));
  EXPECT_THAT(answered(http_answer(200, "x", "Content-Encoding: gzip\r\n")), HasSubstr("Content-Encoding"));
  EXPECT_THAT(answered("nonsense\r\n\r\n"), HasSubstr("the answer is not well-formed HTTP"));
  EXPECT_THAT(answered(http_answer(200, std::string(1024 * 1024 + 1, 'x'))), HasSubstr("the answer is too large"));
  EXPECT_THAT(answered("HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\nab"),
              HasSubstr("the connection to its host was lost before the answer was complete"));
  EXPECT_EQ(answered(http_answer(200, std::string(1024 * 1024, 'x'))), "fetched");
}

TEST_F(DocumentFetch, IsOverByItsDeadline) {
  RawServer server([](const RawRequest&) {
    return RawReply{"HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\nab", RawReply::Then::kHang};
  });
  options.timeout = 100ms;
  EXPECT_EQ(error_of(server.url("/a")), "its host did not answer in time");
  EXPECT_EQ(fetch(server.url("/a")).error().code, "document.unreachable");
  server.refuse_connections();
  EXPECT_THAT(error_of(server.url("/a")), HasSubstr("no connection to 127.0.0.1"));
  EXPECT_NE(error_of("http://no host/"), "fetched");
}

TEST_F(DocumentFetch, VerifiesTheHost) {
  const auto certificate = make_certificate("DNS:api.test");
  TlsServer server(certificate);
  options.http.connect_to["api.test:443"] = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_NE(error_of("https://api.test/a"), "fetched");
  EXPECT_EQ(server.requests(), 0);
  const std::string ca_file = testing::TempDir() + "skald-fetch-ca-" + std::to_string(::getpid()) + ".pem";
  std::ofstream(ca_file) << certificate.certificate;
  options.trust = adapters::load_tls_trust(ca_file).value();
  options.timeout = 2s;  // that server waits for a body, which a GET has none of
  (void)fetch("https://api.test/a");
  EXPECT_EQ(server.handshakes(), 1);
  EXPECT_EQ(server.server_name(), "api.test");
  std::filesystem::remove(ca_file);
}

// Secrets as files, where SKALD_SECRETS would have them.
struct DocumentFetchByName : DocumentFetch {
  DocumentFetchByName() {
    options.secrets_directory = testing::TempDir() + "skald-fetch-secrets-" + std::to_string(::getpid());
    std::filesystem::create_directories(options.secrets_directory);
    std::ofstream(options.secrets_directory + "/docs") << "s3cr3t";
    std::ofstream(options.secrets_directory + "/idp")
        << R"({"authority":")" << authority.url()
        << R"(","grant":"client_credentials","client":{"id":"skald","secret":"cl13nt"}})";
  }
  ~DocumentFetchByName() override { std::filesystem::remove_all(options.secrets_directory); }

  RawServer authority{[](const RawRequest&) {
    return RawReply{http_answer(200, R"({"access_token":"t1","token_type":"Bearer"})"), RawReply::Then::kClose};
  }};
  RawServer server{[](const RawRequest& request) {
    const auto who = request.headers.find("authorization");
    if (who != request.headers.end()) return RawReply{http_answer(200, who->second), RawReply::Then::kClose};
    return RawReply{http_answer(401, "", "WWW-Authenticate: Digest realm=\"docs\", nonce=\"n\", qop=\"auth\"\r\n"),
                    RawReply::Then::kClose};
  }};
};

TEST_F(DocumentFetchByName, SaysWhoItIs) {
  const definition::SecretReference docs{"docs", ""};
  const std::string uri = server.url("/a.yaml");
  EXPECT_EQ(fetch_as(definition::BearerAuthentication{docs}, uri), "Bearer s3cr3t");
  EXPECT_EQ(fetch_as(definition::BasicAuthentication{"shop", docs}, uri), "Basic c2hvcDpzM2NyM3Q=");
  const auto digest = fetch_as(definition::DigestAuthentication{"shop", docs}, uri);
  ASSERT_TRUE(digest) << to_text(digest.error());
  EXPECT_THAT(*digest, testing::StartsWith("Digest username=\"shop\""));
  EXPECT_EQ(fetch_as(definition::OAuth2Secret{.name = "idp"}, uri), "Bearer t1");
  EXPECT_THAT(authority.requests().at(0).body, HasSubstr("client_secret=cl13nt"));
}

TEST_F(DocumentFetchByName, AsksOnceWhereItIsNotBelieved) {
  RawServer strict([](const RawRequest&) {
    return RawReply{http_answer(401, "", "WWW-Authenticate: Digest realm=\"docs\", nonce=\"n\", qop=\"auth\"\r\n"),
                    RawReply::Then::kClose};
  });
  const auto refused = fetch_as(definition::DigestAuthentication{"shop", "wrong"}, strict.url("/a"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(to_text(refused.error()), "its host answered 401");
  EXPECT_EQ(strict.requests().size(), 2u);
}

TEST_F(DocumentFetchByName, SaysWhatIsMissing) {
  const auto error_as = [&](definition::Authentication who, bool trusted) {
    const auto fetched = fetch_as(std::move(who), server.url("/a"), trusted);
    return fetched ? "fetched" : to_text(fetched.error());
  };
  EXPECT_EQ(error_as(definition::BearerAuthentication{definition::SecretReference{"none", ""}}, true),
            "secret 'none' is not set; put it into the secrets directory or the environment");
  EXPECT_EQ(error_as(definition::BearerAuthentication{definition::SecretReference{"docs", ""}}, false),
            "secret 'docs' is not among http.allowedSecrets of this server");
  options.http.allowed_secrets = {"idp"};
  EXPECT_THAT(error_as(definition::OAuth2Secret{.name = "idp"}, false),
              HasSubstr("is not among http.allowedHosts of this server"));
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace skald::test
