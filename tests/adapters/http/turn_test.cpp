// Waiting one's turn: concurrency, rate, circuit breaker and changes of the settings, over real connections.
#include <gmock/gmock.h>

#include <atomic>

#include "tests/adapters/http/participant_fixture.hpp"
#include "tests/adapters/http/raw_server.hpp"

namespace skald::test {
namespace {

using saga::AttemptOutcome;
using ::testing::ElementsAre;
using Then = RawReply::Then;

class Turn : public ParticipantTest {
 protected:
  bool all_answered() const {
    return std::ranges::all_of(answers, [](const auto& answer) { return answer.has_value(); });
  }
};

TEST_F(Turn, NoMoreCallsAtOnceThanTheLimit) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  configure(server.url(), "    limits: { concurrency: 3 }\n");
  for (int i = 0; i < 30; ++i) send(make_call());
  run_until([&] { return all_answered(); });
  EXPECT_EQ(telemetry.inflight_max, 3);
  EXPECT_EQ(server.connections(), 3);
  EXPECT_EQ(server.requests().size(), 30u);
}

TEST_F(Turn, LimitsAreSharedByTheLoops) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  configure(server.url(), "    limits: { concurrency: 4 }\n");
  options.loops = 2;
  for (int i = 0; i < 10; ++i) send(make_call());
  run_until([&] { return all_answered(); });
  EXPECT_EQ(telemetry.inflight_max, 2);
}

TEST_F(Turn, TheDeadlineCountsFromLeavingTheQueue) {
  std::atomic<bool> free{false};
  RawServer server([&](const RawRequest&) {
    free.wait(false);
    return RawReply{http_answer(200, "{}")};
  });
  configure(server.url(), "    limits: { concurrency: 1 }\n");
  send(make_call());
  auto waiting = make_call();
  waiting.timeout = std::chrono::milliseconds(500);
  send(std::move(waiting));
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(700);
  run_until([&] { return std::chrono::steady_clock::now() > until; });
  EXPECT_FALSE(answers[1]);
  free = true;
  free.notify_all();
  run_until([&] { return all_answered(); });
  EXPECT_EQ(answers[1]->outcome, AttemptOutcome::kDone);
}

TEST_F(Turn, NoFasterThanTheRate) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  configure(server.url(), "    limits: { ratePerSecond: 50 }\n");
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 11; ++i) send(make_call());
  run_until([&] { return all_answered(); });
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(199));
}

TEST_F(Turn, AnOpenCircuitHoldsCallsBackAndAProbeClosesIt) {
  std::atomic<bool> healthy{false};
  RawServer server([&](const RawRequest&) { return RawReply{http_answer(healthy ? 200 : 503, "{}")}; });
  configure(server.url(),
            "    limits: { concurrency: 1 }\n    circuitBreaker: { failures: 2, window: PT10S, openFor: PT0.2S }\n");
  for (int i = 0; i < 4; ++i) send(make_call());
  run_until([&] { return !telemetry.circuits.empty(); });
  EXPECT_EQ(server.requests().size(), 2u);  // the other two wait, without an attempt
  healthy = true;
  run_until([&] { return all_answered(); });
  EXPECT_EQ(answers[1]->status, 503);
  EXPECT_EQ(answers[2]->status, 200);
  EXPECT_EQ(answers[3]->status, 200);
  EXPECT_THAT(telemetry.circuits, ElementsAre("shop open", "shop closed"));
  EXPECT_TRUE(log.has("circuit opened: calls wait adapter=shop"));
}

TEST_F(Turn, RefusalsDoNotOpenTheCircuit) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(422, "{}")}; });
  configure(server.url(), "    circuitBreaker: { failures: 1 }\n");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(exchange().status, 422);
  EXPECT_TRUE(telemetry.circuits.empty());
}

TEST_F(Turn, ANewBaseUrlActsOnTheNextSend) {
  RawServer first([](const RawRequest&) { return RawReply{http_answer(200, "1")}; });
  RawServer second([](const RawRequest&) { return RawReply{http_answer(200, "2")}; });
  configure(first.url());
  EXPECT_EQ(exchange().body.text(), "1");
  configure(second.url("/v2"));
  EXPECT_EQ(exchange().body.text(), "2");
  EXPECT_EQ(second.requests().at(0).target, "/v2/charges");
}

TEST_F(Turn, ACorrectedAddressFreesWhatWaitsForAnOpenCircuit) {
  RawServer broken([](const RawRequest&) { return RawReply{http_answer(503, "")}; });
  RawServer sound([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  const std::string rest = "    circuitBreaker: { failures: 1, openFor: PT1H }\n";
  configure(broken.url(), rest);
  EXPECT_EQ(exchange().status, 503);
  send(make_call());
  configure(sound.url(), rest);  // no further call is made
  run_until([&] { return answers[1].has_value(); });
  EXPECT_EQ(answers[1]->status, 200);
  EXPECT_THAT(telemetry.circuits, ElementsAre("shop open", "shop closed"));
}

TEST_F(Turn, AnAdapterThatHasGoneFreesWhatWaitsForItsCircuit) {
  RawServer broken([](const RawRequest&) { return RawReply{http_answer(503, "")}; });
  configure(broken.url(), "    circuitBreaker: { failures: 1, openFor: PT1H }\n");
  EXPECT_EQ(exchange().status, 503);
  send(make_call());
  registry.set({});
  run_until([&] { return answers[1].has_value(); });
  EXPECT_EQ(answers[1]->title, "adapter 'shop' is no longer configured");
}

TEST_F(Turn, NewOutcomesActOnTheNextSend) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(404, R"({"gone":true})")}; });
  configure(server.url());
  EXPECT_EQ(exchange().outcome, AttemptOutcome::kRefused);
  configure(server.url(), {}, ", outcomes: { done: [404] }");
  const auto answer = exchange();
  EXPECT_EQ(answer.outcome, AttemptOutcome::kDone);
  EXPECT_EQ(answer.body.text(), R"({"gone":true})");
}

TEST_F(Turn, WhatWaitsForAnAdapterThatHasGoneIsRefused) {
  RawServer server([](const RawRequest&) { return RawReply{"", Then::kHang}; });
  configure(server.url(), "    limits: { concurrency: 1 }\n");
  auto stuck = make_call();
  stuck.timeout = std::chrono::milliseconds(50);
  send(std::move(stuck));
  send(make_call());
  registry.set({});
  send(make_call());
  run_until([&] { return all_answered(); });
  EXPECT_EQ(answers[0]->error_type, "timeout");
  for (const int index : {1, 2}) {
    EXPECT_EQ(answers[index]->outcome, AttemptOutcome::kRefused);
    EXPECT_FALSE(answers[index]->sent);
    EXPECT_EQ(answers[index]->title, "adapter 'shop' is no longer configured");
  }
}

TEST_F(Turn, RetryAfterIsHandedOn) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(503, "", "Retry-After: 4\r\n")}; });
  configure(server.url());
  EXPECT_EQ(exchange().retry_after, std::chrono::seconds(4));
}

TEST_F(Turn, AMissingSecretHoldsTheCallBackUntilItIsThere) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  ::unsetenv("SKALD_SECRET_SHOP_TOKEN");
  const std::string rest = "    authentication: { bearer: { token: '${secret:shop-token}' } }\n";
  configure(server.url(), rest);
  const auto answer = exchange();
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_TRUE(answer.retryable);
  EXPECT_FALSE(answer.sent);
  EXPECT_EQ(answer.title, "secret 'shop-token' is not set");
  ::setenv("SKALD_SECRET_SHOP_TOKEN", "s3cr3t", 1);
  configure(server.url(), rest);
  EXPECT_EQ(exchange().outcome, AttemptOutcome::kDone);
  EXPECT_EQ(server.requests().at(0).headers.at("authorization"), "Bearer s3cr3t");
  ::unsetenv("SKALD_SECRET_SHOP_TOKEN");
}

TEST_F(Turn, BasicCredentialsAreEncoded) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  configure(server.url(), "    authentication: { basic: { username: Aladdin, password: open sesame } }\n");
  exchange();
  EXPECT_EQ(server.requests().at(0).headers.at("authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

class LiteralEndpoint : public ParticipantTest {};

TEST_F(LiteralEndpoint, OfATrustedDefinitionIsCalled) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  EXPECT_EQ(exchange(literal_call(server.url("/a?b=c"))).outcome, AttemptOutcome::kDone);
  EXPECT_EQ(server.requests().at(0).target, "/a?b=c");
  EXPECT_EQ(telemetry.requests.at(0), "http. 200");
}

TEST_F(LiteralEndpoint, OfAnUploadedDefinitionReachesAllowedHostsOnly) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  options.allowed_hosts = {"localhost:" + std::to_string(server.port())};
  auto call = literal_call(server.url());
  call.trusted = false;
  const auto answer = exchange(std::move(call));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(answer.retryable);
  EXPECT_FALSE(answer.sent);
  EXPECT_TRUE(server.requests().empty());
  call = literal_call("http://LOCALHOST:" + std::to_string(server.port()));
  call.trusted = false;
  EXPECT_EQ(exchange(std::move(call)).outcome, AttemptOutcome::kDone);
}

TEST_F(LiteralEndpoint, IsLedElsewhereByConnectTo) {
  RawServer server([](const RawRequest&) { return RawReply{http_answer(200, "{}")}; });
  options.connect_to["api.example.com:80"] = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_EQ(exchange(literal_call("http://api.example.com/x")).outcome, AttemptOutcome::kDone);
  EXPECT_EQ(server.requests().at(0).headers.at("host"), "api.example.com");
}

TEST_F(LiteralEndpoint, HeadHasNoBody) {
  RawServer server([](const RawRequest&) { return RawReply{"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"}; });
  const auto answer = exchange(literal_call(server.url(), "HEAD"));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kDone);
  EXPECT_TRUE(answer.body.is_null());
  EXPECT_EQ(exchange(literal_call(server.url(), "HEAD")).outcome, AttemptOutcome::kDone);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(LiteralEndpoint, ThatIsNoUrlIsRefused) {
  const auto answer = exchange(literal_call("http://user:pw@host/"));
  EXPECT_EQ(answer.outcome, AttemptOutcome::kRefused);
  EXPECT_FALSE(answer.sent);
  EXPECT_EQ(answer.title, "the endpoint is not a usable URL: credentials do not belong into a URL");
}

}  // namespace
}  // namespace skald::test
