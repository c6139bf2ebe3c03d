// Operations with `poll`: work that is accepted with 202 and a Location, between a participant and a real server.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/adapters/http/participant_fixture.hpp"
#include "tests/adapters/http/raw_server.hpp"

namespace skald::test {
namespace {

using saga::AttemptOutcome;
using ::testing::ElementsAre;
using Then = RawReply::Then;

class Polling : public ParticipantTest {
 protected:
  // The n-th answer; the last one is repeated.
  void serve(std::vector<RawReply> replies, const std::string& poll = "{ every: PT0.01S }",
             const std::string& adapter_rest = {}) {
    server_.reset();
    replies_ = std::move(replies);
    answered_ = 0;
    server_ = std::make_unique<RawServer>([this](const RawRequest&) {
      const std::size_t n = answered_++;
      return replies_[std::min(n, replies_.size() - 1)];
    });
    configure(server_->url("/v1"), adapter_rest, ", poll: " + poll);
  }

  static RawReply accepted(const std::string& location = "/v1/jobs/7?full=1") {
    return {http_answer(202, "{}", "Location: " + location + "\r\n"), Then::kKeep};
  }
  static RawReply says(int status, const std::string& body, const std::string& headers = {}) {
    return {http_answer(status, body, headers), Then::kKeep};
  }

  saga::Answer exchange_within(Millis timeout) {
    auto call = make_call();
    call.timeout = timeout;
    return exchange(std::move(call));
  }

  void expect_unknown(const saga::Answer& answer, const std::string& title) {
    EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown);
    EXPECT_FALSE(answer.retryable);
    EXPECT_TRUE(answer.sent);
    EXPECT_EQ(answer.title, title);
  }

  std::vector<RawRequest> requests() const { return server_->requests(); }

 private:
  std::vector<RawReply> replies_;
  std::atomic<std::size_t> answered_{0};
  std::unique_ptr<RawServer> server_;
};

TEST_F(Polling, AsksTheLocationUntilTheWorkHasEnded) {
  serve({accepted(), says(202, R"({"state":"pending"})"), says(200, R"({"state":"done","id":7})")});
  const auto answer = exchange();
  EXPECT_EQ(answer.outcome, AttemptOutcome::kDone);
  EXPECT_EQ(answer.body.json(), Json::parse(R"({"state":"done","id":7})"));
  ASSERT_EQ(requests().size(), 3u);
  EXPECT_EQ(requests()[0].target, "/v1/charges");
  EXPECT_EQ(requests()[1].method, "GET");
  EXPECT_EQ(requests()[1].target, "/v1/jobs/7?full=1");
  EXPECT_EQ(requests()[1].body, "");
  EXPECT_FALSE(requests()[1].headers.contains("idempotency-key"));
  EXPECT_EQ(requests()[1].headers.at("skald-step"), "chargePayment");
  EXPECT_THAT(telemetry.requests, ElementsAre("shop.charge 202", "shop.charge 202", "shop.charge 200"));
  EXPECT_EQ(telemetry.inflight, 0);
}

TEST_F(Polling, GoesOnUntilTheConditionHolds) {
  serve({accepted(), says(200, R"({"state":"pending"})"), says(202, R"({"state":"booked"})")},
        R"({ every: PT0.01S, until: '${ .state != "pending" }' })");
  EXPECT_EQ(exchange().body.json(), Json::parse(R"({"state":"booked"})"));
  EXPECT_EQ(requests().size(), 3u);
}

TEST_F(Polling, AsksAgainAfterWhatIsWorthAnotherTry) {
  serve({accepted(), says(503, ""), says(429, "", "Retry-After: 0\r\n"), {"", Then::kReset}, says(200, "1")});
  EXPECT_EQ(exchange().body.json(), Json(1));
  EXPECT_EQ(requests().size(), 5u);
}

TEST_F(Polling, WhatIsNotAcceptedIsAnAnswerAsEver) {
  serve({says(201, "{}")});
  EXPECT_EQ(exchange().outcome, AttemptOutcome::kDone);
  serve({says(409, "", "Location: /x\r\n")});
  EXPECT_EQ(exchange().outcome, AttemptOutcome::kRefused);
  EXPECT_EQ(requests().size(), 1u);
}

// What was accepted is not done; only `until` can say of its body that it is.
TEST_F(Polling, NowhereToAskIsUnknownUnlessTheBodySaysTheEnd) {
  const std::string title = "the participant answered 202 without a Location where its work can be asked after";
  serve({says(202, R"({"id":1})")});
  expect_unknown(exchange(), title);
  const std::string until = R"({ every: PT0.01S, until: '${ .state != "pending" }' })";
  serve({says(202, R"({"state":"pending"})")}, until);
  expect_unknown(exchange(), title);
  serve({says(202, R"({"state":"booked"})")}, until);
  EXPECT_EQ(exchange().body.json(), Json::parse(R"({"state":"booked"})"));
}

TEST_F(Polling, TheBodyOfTheAcceptanceIsNotNeeded) {
  serve({says(202, "no json", "Location: /x\r\nContent-Type: application/json\r\n"), says(200, "1")});
  EXPECT_EQ(exchange().body.json(), Json(1));
}

TEST_F(Polling, AnEndThatIsNoneIsUnknown) {
  serve({accepted(), says(404, "gone")});
  auto answer = exchange();
  expect_unknown(answer, "asked after the work it had accepted, the participant answered 404");
  EXPECT_EQ(answer.detail, "gone");
  serve({accepted(), says(200, R"({"state":5})")}, "{ every: PT0.01S, until: .state.deep }");
  expect_unknown(exchange(), "poll.until of the operation cannot be told of the participant's answer");
}

TEST_F(Polling, TheAttemptEndsAtItsDeadline) {
  serve({accepted(), says(202, "{}")});
  const auto answer = exchange_within(std::chrono::milliseconds(500));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown);
  EXPECT_TRUE(answer.retryable);
  EXPECT_EQ(answer.error_type, "timeout");
  EXPECT_EQ(answer.title, "the participant accepted the work and has not ended it in time");
  EXPECT_GE(requests().size(), 2u);
  serve({accepted(), {"", Then::kHang}});
  EXPECT_EQ(exchange_within(std::chrono::milliseconds(100)).error_type, "timeout");
}

TEST_F(Polling, CredentialsStayWithTheAdapter) {
  const std::string title =
      "the participant answered 202 with a Location that is not asked: it must be a path, or a URL of the adapter's "
      "own "
      "scheme, host and port";
  for (const auto* elsewhere :
       {"http://127.0.0.1:1/x", "//other.example.com/x", "jobs/7", "/a/../b", "https://127.0.0.1/"}) {
    serve({accepted(elsewhere)});
    const auto answer = exchange();
    expect_unknown(answer, title);
    EXPECT_EQ(answer.detail, elsewhere);
    EXPECT_EQ(requests().size(), 1u);
  }
}

TEST_F(Polling, NothingIsHeldBetweenTwoQuestions) {
  serve({accepted("/slow"), says(200, "1")}, "{ every: PT0.3S }");
  const auto first = send(make_call());
  run_until([&] { return telemetry.requests.size() == 1; });
  EXPECT_EQ(exchange().body.json(), Json(1));
  EXPECT_FALSE(answers[first]);
  run_until([&] { return answers[first].has_value(); });
  EXPECT_EQ(telemetry.inflight_max, 1);
}

// A question that waits for the circuit ends with its attempt, and is no failure of the participant.
TEST_F(Polling, TheAttemptEndsAtItsDeadlineBehindAnOpenCircuit) {
  serve({accepted(), says(503, "")}, "{ every: PT0.01S }",
        "    circuitBreaker: { failures: 1, window: PT10S, openFor: PT10S }\n");
  const auto answer = exchange_within(std::chrono::milliseconds(300));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kUnknown);
  EXPECT_TRUE(answer.retryable);
  EXPECT_EQ(answer.title, "the participant accepted the work and has not ended it in time");
  EXPECT_EQ(requests().size(), 2u);
  EXPECT_THAT(telemetry.circuits, ElementsAre("shop open"));
  EXPECT_EQ(telemetry.inflight, 0);
}

TEST_F(Polling, TheEndOfTheAttemptIsNoFailureOfTheParticipant) {
  serve({accepted(), {"", Then::kHang}}, "{ every: PT0.01S }",
        "    circuitBreaker: { failures: 1, window: PT10S, openFor: PT10S }\n");
  EXPECT_EQ(exchange_within(std::chrono::milliseconds(100)).error_type, "timeout");
  EXPECT_THAT(telemetry.circuits, ElementsAre());
}

TEST_F(Polling, AnAdapterThatMovesIsNotAskedElsewhere) {
  serve({accepted()}, "{ every: PT0.05S }");
  const auto first = send(make_call());
  run_until([&] { return telemetry.requests.size() == 1; });
  RawServer elsewhere([](const RawRequest&) { return says(200, "1"); });
  configure(elsewhere.url("/v1"), "", ", poll: { every: PT0.05S }");
  run_until([&] { return answers[first].has_value(); });
  EXPECT_EQ(answers[first]->outcome, AttemptOutcome::kUnknown);
  EXPECT_TRUE(answers[first]->retryable);
  EXPECT_EQ(answers[first]->title,
            "the adapter has moved to another host, port or scheme than that which accepted the work");
  EXPECT_TRUE(elsewhere.requests().empty());
}

TEST_F(Polling, AnAdapterThatGoesLeavesTheWorkUnknown) {
  serve({accepted()}, "{ every: PT0.05S }");
  const auto first = send(make_call());
  run_until([&] { return telemetry.requests.size() == 1; });
  registry.set({});
  run_until([&] { return answers[first].has_value(); });
  EXPECT_EQ(answers[first]->outcome, AttemptOutcome::kUnknown);
  EXPECT_EQ(answers[first]->title, "adapter 'shop' is no longer configured");
}

}  // namespace
}  // namespace skald::test
