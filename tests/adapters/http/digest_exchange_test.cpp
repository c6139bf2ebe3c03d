// Digest authentication between a participant and a real server: a challenge costs a request, and not an attempt.
#include <gmock/gmock.h>

#include <utility>

#include "tests/adapters/http/participant_fixture.hpp"
#include "tests/adapters/http/raw_server.hpp"

namespace skald::test {
namespace {

using definition::DigestAuthentication;
using saga::AttemptOutcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kChallenge =
    "WWW-Authenticate: Digest realm=\"shop\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256\r\n";

class DigestExchange : public ParticipantTest {
 protected:
  static ports::ParticipantCall call_to(const std::string& url) {
    auto call = literal_call(url, "POST");
    saga::Request request = *call.request;
    request.body = R"({"a":1})";
    call.request = std::make_shared<const saga::Request>(std::move(request));
    call.authentication = std::make_shared<const definition::Authentication>(DigestAuthentication{"shop", "pa55"});
    return call;
  }

  static RawReply challenge(const RawRequest& request, const std::string& fields) {
    if (!request.headers.contains("authorization")) return RawReply{http_answer(401, "who?", fields)};
    return RawReply{http_answer(200, R"({"b":2})")};
  }
};

TEST_F(DigestExchange, AChallengeIsAnsweredOnTheSameConnection) {
  RawServer server([](const RawRequest& request) { return challenge(request, kChallenge); });
  const auto answer = exchange(call_to(server.url("/a?b=c")));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kDone);
  EXPECT_EQ(answer.body.text(), R"({"b":2})");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_THAT(requests[1].headers.at("authorization"),
              HasSubstr("Digest username=\"shop\", realm=\"shop\", nonce=\"n1\", uri=\"/a?b=c\", response=\""));
  for (const char* same : {"idempotency-key", "skald-attempt", "skald-deadline", "content-length"}) {
    EXPECT_EQ(requests[0].headers.at(same), requests[1].headers.at(same)) << same;
  }
  EXPECT_EQ(requests[0].body, requests[1].body);
  EXPECT_THAT(telemetry.requests, ElementsAre("http. 200"));
  EXPECT_EQ(telemetry.inflight, 0);
}

TEST_F(DigestExchange, EachAnswerHasANonceOfItsOwn) {
  RawServer server([](const RawRequest& request) { return challenge(request, kChallenge); });
  exchange(call_to(server.url("/a")));
  exchange(call_to(server.url("/a")));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_NE(requests[1].headers.at("authorization"), requests[3].headers.at("authorization"));
}

TEST_F(DigestExchange, AServerThatClosesAfterItsChallengeIsAskedAgain) {
  RawServer server([](const RawRequest& request) {
    auto reply = challenge(request, std::string(kChallenge) + "Connection: close\r\n");
    reply.then = RawReply::Then::kClose;
    return reply;
  });
  EXPECT_EQ(exchange(call_to(server.url())).outcome, AttemptOutcome::kDone);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(DigestExchange, AWrongPasswordIsRefusedAfterOneMoreRequest) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(401, "no", kChallenge)}; });
  const auto answer = exchange(call_to(server.url()));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(answer.retryable);
  EXPECT_EQ(answer.title, "the participant answered 401");
  EXPECT_EQ(server.requests().size(), 2u);
}

class OursOnce final : public ports::Ownership {
 public:
  bool is_ours(const ExecutionId&, std::uint64_t) const override { return !std::exchange(asked_, true); }

 private:
  mutable bool asked_ = false;
};

TEST_F(DigestExchange, AChallengeThatCannotBeAnsweredIsTheAnswer) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(401, "no", kChallenge)}; });
  const OursOnce moved;
  auto call = call_to(server.url());
  call.ownership = &moved;
  const auto of_another = exchange(std::move(call));
  RawServer gone([&](const RawRequest&) {
    gone.refuse_connections();
    return RawReply{http_answer(401, "no", std::string(kChallenge) + "Connection: close\r\n"), RawReply::Then::kClose};
  });
  for (const auto& answer : {of_another, exchange(call_to(gone.url()))}) {
    EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
    EXPECT_TRUE(answer.sent);
    EXPECT_FALSE(answer.retryable);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.title, "the participant answered 401");
  }
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(gone.requests().size(), 1u);
  EXPECT_THAT(telemetry.requests, ElementsAre("http. 401", "http. 401"));
  EXPECT_EQ(telemetry.inflight, 0);
}

TEST_F(DigestExchange, AChallengeOfAnotherKindIsARefusal) {
  RawServer server(
      [](const RawRequest&) { return RawReply{http_answer(401, "no", "WWW-Authenticate: Basic realm=\"a\"\r\n")}; });
  const auto answer = exchange(call_to(server.url()));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_EQ(answer.title, "the participant answered 401");
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(DigestExchange, TheDeadlineCountsBothRequests) {
  RawServer server([](const RawRequest& request) {
    if (!request.headers.contains("authorization")) return RawReply{http_answer(401, "", kChallenge)};
    return RawReply{"", RawReply::Then::kHang};
  });
  auto call = call_to(server.url());
  call.timeout = std::chrono::milliseconds(100);
  const auto answer = exchange(std::move(call));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown);
  EXPECT_EQ(answer.error_type, "timeout");
}

TEST_F(DigestExchange, CallsThatWaitForTheirTurnGoOnBehindIt) {
  RawServer server([](const RawRequest& request) { return challenge(request, kChallenge); });
  std::vector<std::size_t> sent;
  for (int i = 0; i < 100; ++i) sent.push_back(send(call_to(server.url())));
  run_until([&] { return std::ranges::all_of(sent, [&](std::size_t i) { return answers[i].has_value(); }); });
  for (const auto i : sent) EXPECT_EQ(answers[i]->outcome, AttemptOutcome::kDone);
  EXPECT_LE(telemetry.inflight_max, 64);
}

}  // namespace
}  // namespace skald::test
