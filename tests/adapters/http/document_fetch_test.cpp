// Fetching a document of a definition: one GET, and what is no document.
#include "adapters/document_fetch.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "adapters/system_clock.hpp"
#include "tests/adapters/http/raw_server.hpp"
#include "tests/adapters/http/tls_server.hpp"

namespace skald::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct DocumentFetch : testing::Test {
  adapters::SystemClock clock;
  adapters::FetchOptions options{.trust = adapters::load_tls_trust("").value(), .clock = clock};

  std::string error_of(const std::string& uri) {
    const auto fetched = adapters::fetch_document(uri, options);
    return fetched ? "fetched" : to_text(fetched.error());
  }
};

TEST_F(DocumentFetch, ReadsTheBodyOfA200) {
  RawServer server(
      [](const RawRequest&) { return RawReply{http_answer(200, "openapi: 3.1.0"), RawReply::Then::kClose}; });
  EXPECT_EQ(adapters::fetch_document(server.url("/specs/a.yaml?v=1"), options), "openapi: 3.1.0");
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
  EXPECT_EQ(adapters::fetch_document(server.url("/a"), options).error().code, "document.unreachable");
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
  (void)adapters::fetch_document("https://api.test/a", options);
  EXPECT_EQ(server.handshakes(), 1);
  EXPECT_EQ(server.server_name(), "api.test");
  std::filesystem::remove(ca_file);
}

}  // namespace
}  // namespace skald::test
