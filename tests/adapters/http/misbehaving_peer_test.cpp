// What a hostile or broken participant may send, over a real connection.
#include <gmock/gmock.h>

#include "tests/adapters/http/participant_fixture.hpp"
#include "tests/adapters/http/raw_server.hpp"

namespace skald::test {
namespace {

using saga::AttemptOutcome;
using Then = RawReply::Then;

class MisbehavingPeer : public ParticipantTest {
 protected:
  saga::Answer answer_to(const std::string& bytes, Then then = Then::kKeep) {
    RawServer server([&](const RawRequest&) { return RawReply{bytes, then}; });
    configure(server.url());
    return exchange();
  }

  void expect_unknown(const std::string& bytes, const std::string& title) {
    const auto answer = answer_to(bytes);
    EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown) << bytes.substr(0, 100);
    EXPECT_FALSE(answer.retryable);
    EXPECT_TRUE(answer.sent);
    EXPECT_EQ(answer.title, title) << bytes.substr(0, 100);
  }
};

const std::string kOk = "HTTP/1.1 200 OK\r\n";

TEST_F(MisbehavingPeer, MalformedAnswersAreUnknownAndNotRetried) {
  for (const auto& bytes :
       {std::string("220 smtp.example.com ESMTP\r\n"), kOk + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        kOk + "Transfer-Encoding: xchunked\r\n\r\n{}", kOk + "Bad Name: 1\r\n\r\n",
        std::string("HTTP/1.1 101 Switching Protocols\r\n\r\n")}) {
    expect_unknown(bytes, "the answer is not well-formed HTTP");
  }
}

TEST_F(MisbehavingPeer, TooLargeAnswersAreUnknownAndNotRetried) {
  expect_unknown(kOk + "Content-Length: 1048577\r\n\r\n", "the answer is too large");
  expect_unknown(kOk + "X: " + std::string(40'000, 'x'), "the answer is too large");
  expect_unknown(kOk + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(40'000, 'x'), "the answer is too large");
  expect_unknown(kOk + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(40'000, 'x'),
                 "the answer is too large");
}

TEST_F(MisbehavingPeer, RedirectsAreNotFollowed) {
  RawServer target([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  RawServer server([&](const RawRequest&) {
    return RawReply{http_answer(307, "", "Location: " + target.url("/elsewhere") + "\r\n")};
  });
  configure(server.url());
  const auto answer = exchange();
  EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown);
  EXPECT_FALSE(answer.retryable);
  EXPECT_EQ(answer.status, 307);
  EXPECT_TRUE(target.requests().empty());
}

TEST_F(MisbehavingPeer, AnInterimAnswerDoesNotAnswerTheNextRequest) {
  RawServer server([](const RawRequest& request) {
    return RawReply{"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" +
                    http_answer(200, "{\"n\":" + std::to_string(request.number) + "}")};
  });
  configure(server.url());
  EXPECT_EQ(exchange().body.text(), R"({"n":1})");
  EXPECT_EQ(exchange().body.text(), R"({"n":2})");
}

TEST_F(MisbehavingPeer, AnInterimAnswerAsTheEndIsUnknown) {
  const auto answer = answer_to("HTTP/1.1 100 Continue\r\n\r\n", Then::kClose);
  EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown);
}

TEST_F(MisbehavingPeer, ASmuggledSecondAnswerNeverAnswersAnotherCall) {
  RawServer server([](const RawRequest& request) {
    return request.connection == 1 ? RawReply{http_answer(500, "") + http_answer(200, R"({"smuggled":true})")}
                                   : RawReply{http_answer(200, R"({"smuggled":false})")};
  });
  configure(server.url());
  EXPECT_EQ(exchange().status, 500);
  EXPECT_EQ(exchange().body.text(), R"({"smuggled":false})");
  EXPECT_EQ(server.connections(), 2);
}

}  // namespace
}  // namespace skald::test
