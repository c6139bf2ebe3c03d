#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/adapters/http/participant_fixture.hpp"
#include "tests/adapters/http/raw_server.hpp"
#include "tests/adapters/http/tls_server.hpp"

namespace skald::test {
namespace {

using saga::AttemptOutcome;
using ::testing::HasSubstr;

class Https : public ParticipantTest {
 protected:
  void TearDown() override {
    if (!ca_file.empty()) std::filesystem::remove(ca_file);
  }

  void trust_certificate(const Certificate& certificate) {
    ca_file = ::testing::TempDir() + "skald-ca-" + std::to_string(::getpid()) + ".pem";
    std::ofstream(ca_file) << certificate.certificate;
  }

  // https://api.test:443, led to the server.
  static auto call() {
    auto made = make_call();
    auto request = *made.request;
    request.body = "{}";
    made.request = std::make_shared<const saga::Request>(std::move(request));
    return made;
  }
  void lead_to(const TlsServer& server) {
    options.connect_to["api.test:443"] = "127.0.0.1:" + std::to_string(server.port());
    configure("https://api.test");
  }

  void expect_not_sent(const TlsServer& server, const std::string& why) {
    const auto answer = exchange(call());
    EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
    EXPECT_TRUE(answer.retryable);
    EXPECT_FALSE(answer.sent);
    EXPECT_THAT(answer.detail, HasSubstr(why));
    EXPECT_EQ(server.requests(), 0);
  }
};

TEST_F(Https, ATrustedParticipantIsCalledAndItsConnectionKept) {
  const auto certificate = make_certificate("DNS:api.test");
  TlsServer server(certificate);
  trust_certificate(certificate);
  lead_to(server);
  for (int i = 0; i < 3; ++i) {
    const auto answer = exchange(call());
    EXPECT_EQ(answer.outcome, AttemptOutcome::kDone) << answer.title << " " << answer.detail;
  }
  EXPECT_EQ(server.handshakes(), 1);
  EXPECT_EQ(server.server_name(), "api.test");
}

TEST_F(Https, AnAddressIsVerifiedToo) {
  const auto certificate = make_certificate("IP:127.0.0.1");
  TlsServer server(certificate);
  trust_certificate(certificate);
  configure("https://127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(exchange(call()).outcome, AttemptOutcome::kDone);
  EXPECT_EQ(server.server_name(), "");
}

TEST_F(Https, AnUnknownAuthorityIsNotTrusted) {
  TlsServer server(make_certificate("DNS:api.test"));
  lead_to(server);
  expect_not_sent(server, "certificate verify failed");
}

TEST_F(Https, AnotherHostsCertificateIsNotTrusted) {
  const auto certificate = make_certificate("DNS:other.test,IP:127.0.0.1");
  TlsServer server(certificate);
  trust_certificate(certificate);
  lead_to(server);
  expect_not_sent(server, "certificate verify failed");
}

TEST_F(Https, AnExpiredCertificateIsNotTrusted) {
  const auto certificate = make_certificate("DNS:api.test", -7200, -3600);
  TlsServer server(certificate);
  trust_certificate(certificate);
  lead_to(server);
  expect_not_sent(server, "certificate verify failed");
}

TEST_F(Https, APeerThatSpeaksNoTlsGetsNoRequest) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  configure("https://127.0.0.1:" + std::to_string(server.port()));
  auto made = call();
  made.timeout = std::chrono::milliseconds(200);  // the raw server waits for the end of a request line
  const auto answer = exchange(std::move(made));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(answer.sent);
}

TEST_F(Https, ASilentHandshakeEndsWithTheAttempt) {
  TlsServer server(make_certificate("DNS:api.test"), TlsServer::Manner::kSilent);
  lead_to(server);
  auto made = call();
  made.timeout = std::chrono::milliseconds(100);
  const auto answer = exchange(std::move(made));
  EXPECT_FALSE(answer.sent);
  EXPECT_EQ(answer.error_type, "timeout");
}

TEST_F(Https, AConnectionCutWithoutTlsEndingIsNoCompleteAnswer) {
  const auto certificate = make_certificate("DNS:api.test");
  TlsServer server(certificate, TlsServer::Manner::kCut);
  trust_certificate(certificate);
  lead_to(server);
  const auto answer = exchange(call());
  EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown);
  EXPECT_TRUE(answer.retryable);
}

TEST_F(Https, AFileThatHoldsNoCertificateIsAnError) {
  const auto trust = adapters::load_tls_trust("/dev/null");
  ASSERT_FALSE(trust);
  EXPECT_EQ(trust.error().code, "tls.ca_file");
  EXPECT_EQ(trust.error().subject, "/dev/null");
}

}  // namespace
}  // namespace skald::test
