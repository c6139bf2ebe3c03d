#include "adapters/http_participant.hpp"

#include <gmock/gmock.h>

#include "tests/adapters/http/participant_fixture.hpp"
#include "tests/adapters/http/raw_server.hpp"

namespace skald::test {
namespace {

using saga::AttemptOutcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Then = RawReply::Then;

class HttpParticipant : public ParticipantTest {};

TEST_F(HttpParticipant, SendsTheContractsHeadersAndTakesTheBodyAsOutput) {
  RawServer server([](const RawRequest&) {
    return RawReply{http_answer(201, R"({"chargeId":"c1"})", "Content-Type: application/json\r\n")};
  });
  configure(server.url("/v1"));
  const auto answer = exchange();
  EXPECT_EQ(answer.outcome, AttemptOutcome::kDone);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body.text(), R"({"chargeId":"c1"})");
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/v1/charges");
  EXPECT_EQ(request.body, R"({"amount":5})");
  EXPECT_EQ(request.headers.at("host"), "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(request.headers.at("idempotency-key"), R"("0192f0c1-2b3c-7def-8abc-0123456789ab/chargePayment")");
  EXPECT_EQ(request.headers.at("skald-execution"), "0192f0c1-2b3c-7def-8abc-0123456789ab");
  EXPECT_EQ(request.headers.at("skald-workflow"), "shop/checkout:1.0.0");
  EXPECT_EQ(request.headers.at("skald-step"), "chargePayment");
  EXPECT_EQ(request.headers.at("skald-attempt"), "1");
  EXPECT_EQ(request.headers.at("skald-action"), "execute");
  EXPECT_EQ(request.headers.at("skald-epoch"), "3");
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
  EXPECT_THAT(request.headers.at("user-agent"), HasSubstr("skald/"));
  EXPECT_THAT(request.headers.at("traceparent"), HasSubstr("00-0192f0c12b3c7def8abc0123456789ab-"));
  const auto deadline = parse_rfc3339(request.headers.at("skald-deadline"));
  ASSERT_TRUE(deadline);
  const auto left = *deadline - clock.now();
  EXPECT_GT(left, std::chrono::seconds(5));
  EXPECT_LE(left, std::chrono::seconds(20));
  EXPECT_THAT(telemetry.requests, ElementsAre("shop.charge 201"));
  EXPECT_EQ(telemetry.inflight, 0);
}

TEST_F(HttpParticipant, KeepsOneConnectionForCallsOneAfterAnother) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  configure(server.url());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(exchange().outcome, AttemptOutcome::kDone);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpParticipant, AnotherConnectionIsTakenWhenTheIdleOneWasClosed) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}"), Then::kClose}; });
  configure(server.url());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(exchange().outcome, AttemptOutcome::kDone) << i;
    // The close reaches the pending read of the idle connection.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    while (std::chrono::steady_clock::now() < deadline) loop.poll(), loop.restart();
  }
  EXPECT_EQ(server.connections(), 5);
  EXPECT_EQ(server.requests().size(), 5u);
}

TEST_F(HttpParticipant, AConnectionThatEndsBeforeTheAnswerIsUnknownAndNotSentAgain) {
  RawServer server([](const RawRequest&) { return RawReply{"", Then::kClose}; });
  configure(server.url());
  const auto answer = exchange();
  EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown);
  EXPECT_TRUE(answer.retryable);
  EXPECT_TRUE(answer.sent);
  EXPECT_EQ(answer.error_type, "communication");
  EXPECT_EQ(answer.title, "the connection was lost before the answer");
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(HttpParticipant, AResetBeforeTheAnswerIsUnknownAndRetryable) {
  RawServer server([](const RawRequest&) { return RawReply{"", Then::kReset}; });
  configure(server.url());
  const auto answer = exchange();
  EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown);
  EXPECT_TRUE(answer.retryable);
}

TEST_F(HttpParticipant, ATruncatedAnswerIsUnknownAndRetryable) {
  RawServer server(
      [](const RawRequest&) { return RawReply{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\"", Then::kClose}; });
  configure(server.url());
  const auto answer = exchange();
  EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown);
  EXPECT_TRUE(answer.retryable);
  EXPECT_EQ(answer.title, "the connection was lost in the middle of the answer");
}

TEST_F(HttpParticipant, NoAnswerInTimeIsUnknownAndRetryable) {
  RawServer server([](const RawRequest&) { return RawReply{"", Then::kHang}; });
  configure(server.url());
  auto call = make_call();
  call.timeout = std::chrono::milliseconds(50);
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = exchange(std::move(call));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown);
  EXPECT_TRUE(answer.retryable);
  EXPECT_TRUE(answer.sent);
  EXPECT_EQ(answer.error_type, "timeout");
  EXPECT_EQ(answer.title, "the participant did not answer in time");
  EXPECT_THAT(telemetry.requests, ElementsAre("shop.charge timeout"));
}

TEST_F(HttpParticipant, ADrippingAnswerDoesNotOutliveTheDeadline) {
  RawServer server(
      [](const RawRequest&) { return RawReply{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12", Then::kHang}; });
  configure(server.url());
  auto call = make_call();
  call.timeout = std::chrono::milliseconds(50);
  EXPECT_EQ(exchange(std::move(call)).error_type, "timeout");
}

TEST_F(HttpParticipant, ARefusedConnectionWasNeverSent) {
  std::uint16_t port = 0;
  {
    RawServer closed([](const RawRequest&) { return RawReply{}; });
    port = closed.port();
  }
  configure("http://127.0.0.1:" + std::to_string(port));
  const auto answer = exchange();
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_TRUE(answer.retryable);
  EXPECT_FALSE(answer.sent);
  EXPECT_EQ(answer.title, "no connection to 127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(answer.detail, "Connection refused");
}

TEST_F(HttpParticipant, AnUnknownNameWasNeverSent) {
  configure("http://does-not-exist.invalid");
  const auto answer = exchange();
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_TRUE(answer.retryable);
  EXPECT_FALSE(answer.sent);
  EXPECT_EQ(answer.title, "the name 'does-not-exist.invalid' has no address");
}

TEST_F(HttpParticipant, NamesAreLookedUp) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  configure("http://localhost:" + std::to_string(server.port()));
  EXPECT_EQ(exchange().outcome, AttemptOutcome::kDone);
}

TEST_F(HttpParticipant, ALargeRequestAndALargeAnswerPass) {
  const std::string big = "\"" + std::string(900'000, 'x') + "\"";
  RawServer server([](const RawRequest& request) { return RawReply{http_answer(200, request.body)}; });
  configure(server.url());
  const auto answer = exchange(make_call(
      {.adapter = "shop", .operation = "charge", .method = "POST", .target = "/charges", .headers = {}, .body = big}));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kDone);
  EXPECT_EQ(answer.body.text(), big);
}

TEST_F(HttpParticipant, AnUnknownAdapterOrOperationIsRefusedWithoutSending) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  configure(server.url());
  auto request = *make_call().request;
  request.operation = "gone";
  auto answer = exchange(make_call(request));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(answer.retryable);
  EXPECT_FALSE(answer.sent);
  EXPECT_EQ(answer.error_type, "configuration");
  EXPECT_EQ(answer.title, "adapter 'shop' has no operation 'gone' any more");
  request.adapter = "nobody";
  answer = exchange(make_call(request));
  EXPECT_EQ(answer.title, "adapter 'nobody' is not configured");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpParticipant, ALineBreakNeverReachesTheWire) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  configure(server.url());
  auto request = *make_call().request;
  request.target = "/charges HTTP/1.1\r\nHost: evil\r\n\r\n";
  auto answer = exchange(make_call(request));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(answer.sent);
  EXPECT_EQ(answer.error_type, "validation");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpParticipant, AbandonCutsEverythingWithoutAnAnswer) {
  RawServer server([](const RawRequest&) { return RawReply{"", Then::kHang}; });
  configure(server.url(), "    limits: { concurrency: 1 }\n");
  send(make_call());
  send(make_call());
  run_until([&] { return server.requests().size() == 1; });
  participant().abandon_all();
  loop.poll();
  EXPECT_FALSE(answers[0]);
  EXPECT_FALSE(answers[1]);
}

TEST_F(HttpParticipant, AWaitingCallCanBeTakenBack) {
  RawServer server([](const RawRequest&) { return RawReply{"", Then::kHang}; });
  configure(server.url(), "    limits: { concurrency: 1 }\n");
  auto first = make_call(), second = make_call();
  first.key = "first";
  second.key = "second";
  const auto execution = first.execution;
  send(std::move(first));
  send(std::move(second));
  EXPECT_TRUE(participant().withdraw(execution, "second"));
  EXPECT_FALSE(participant().withdraw(execution, "second"));
  EXPECT_FALSE(participant().withdraw(execution, "first"));
}

class NotOurs final : public ports::Ownership {
 public:
  bool is_ours(const ExecutionId&, std::uint64_t) const override { return false; }
};

TEST_F(HttpParticipant, WhatHasMovedToAnotherNodeIsNotSent) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}"), Then::kKeep}; });
  configure(server.url());
  const NotOurs elsewhere;
  auto call = make_call();
  call.ownership = &elsewhere;
  const auto answer = exchange(std::move(call));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(answer.sent);
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace skald::test
