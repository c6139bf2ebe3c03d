#include <gtest/gtest.h>

#include <string>

#include "bench/probe/execution.hpp"
#include "bench/probe/messages.hpp"

namespace skald::probe {
namespace {

constexpr std::string_view kInput =
    R"({"orderId":"order-0000000042","amount":4999,"currency":"EUR","items":[{"sku":"book-17","quantity":2}],)"
    R"("address":{"street":"1 Main Street","city":"Berlin","country":"DE"}})";

Execution begun() {
  Execution execution;
  execution.input = kInput;
  EXPECT_TRUE(begin(execution, from_millis(1795280891130), 0x0E46, 0x8912D68B7AC345B0));
  return execution;
}

TEST(ProbeRows, StartIsAsTheEngineWritesIt) {
  const Execution execution = begun();
  EXPECT_EQ(execution.id_text, "01a1ff14-6cfa-7e46-8912-d68b7ac345b0");
  EXPECT_EQ(execution.started, R"({"namespace":"bench","name":"three-steps","version":"1.0.0","digest":")" +
                                   std::string(kDigest) + R"(","input":)" + std::string(kInput) + "}");
  EXPECT_EQ(
      execution.step_started,
      R"({"request":{"adapter":"participant","operation":"first","method":"POST","target":"/done/first","body":{"amount":4999,"currency":"EUR","orderId":"order-0000000042"}}})");
}

TEST(ProbeRows, StepsFollowWithTheParticipantsAnswers) {
  Execution execution = begun();
  ASSERT_TRUE(complete_step(execution, R"({"id":"a"})", execution.at[0]));
  EXPECT_EQ(execution.step_completed, R"({"output":{"id":"a"}})");
  EXPECT_EQ(execution.call_body(), R"({"items":[{"quantity":2,"sku":"book-17"}],"orderId":"order-0000000042"})");
  ASSERT_TRUE(complete_step(execution, R"({"id":"b"})", execution.at[0]));
  EXPECT_EQ(
      execution.call_body(),
      R"({"address":{"city":"Berlin","country":"DE","street":"1 Main Street"},"firstId":"a","orderId":"order-0000000042"})");
  ASSERT_TRUE(complete_step(execution, R"({"id":"c"})", execution.at[0]));
  EXPECT_EQ(
      execution.ended,
      R"({"phase":"completed","outcome":"completed","output":{"firstId":"a","orderId":"order-0000000042","thirdId":"c"}})");
}

TEST(ProbeRows, OtherInputsAndAnswersAreRefused) {
  for (const std::string_view input : {std::string_view(), std::string_view("{}"), kInput.substr(1)}) {
    Execution execution;
    execution.input = input;
    EXPECT_FALSE(begin(execution, {}, 0, 0)) << input;
  }
  for (const char* answer : {"", "{}", R"({"id":)", R"({"other":"x"})"}) {
    Execution execution = begun();
    EXPECT_FALSE(complete_step(execution, answer, {})) << answer;
  }
}

TEST(ProbeMessages, CallIsAsTheEngineSendsIt) {
  std::string call;
  write_call(call, begun(), "127.0.0.1:33915", 0xAE36A9F22BBCE007);
  EXPECT_EQ(call,
            "POST /done/first HTTP/1.1\r\nHost: 127.0.0.1:33915\r\nUser-Agent: skald/0.1.0\r\n"
            "Accept: application/json, */*;q=0.5\r\nIdempotency-Key: \"01a1ff14-6cfa-7e46-8912-d68b7ac345b0/first\"\r\n"
            "Skald-Execution: 01a1ff14-6cfa-7e46-8912-d68b7ac345b0\r\nSkald-Workflow: bench/three-steps:1.0.0\r\n"
            "Skald-Step: first\r\nSkald-Attempt: 1\r\nSkald-Action: execute\r\nSkald-Epoch: 1\r\n"
            "Skald-Deadline: 2026-11-21T17:08:16.130Z\r\n"
            "traceparent: 00-01a1ff146cfa7e468912d68b7ac345b0-ae36a9f22bbce007-01\r\n"
            "Content-Type: application/json\r\nContent-Length: 61\r\n\r\n"
            R"({"amount":4999,"currency":"EUR","orderId":"order-0000000042"})");
}

TEST(ProbeMessages, AnswerIsAsTheEngineWritesIt) {
  Execution execution = begun();
  for (int step = 1; step <= 3; ++step) {
    ASSERT_TRUE(complete_step(execution, R"({"id":"x"})", execution.at[0] + Millis(step)));
  }
  std::string answer;
  write_answer(answer, execution);
  EXPECT_EQ(
      answer,
      "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 1324\r\n"
      "Location: /v1/executions/01a1ff14-6cfa-7e46-8912-d68b7ac345b0\r\nPreference-Applied: wait=30\r\n\r\n"
      R"({"id":"01a1ff14-6cfa-7e46-8912-d68b7ac345b0","workflow":{"namespace":"bench","name":"three-steps","version":"1.0.0","digest":")" +
          std::string(kDigest) + R"("},"phase":"completed","outcome":"completed","status":null,"input":)" +
          std::string(kInput) +
          R"(,"output":{"firstId":"x","orderId":"order-0000000042","thirdId":"x"},"error":null,"labels":{},)"
          R"("startedAt":"2026-11-21T17:08:11.130Z","updatedAt":"2026-11-21T17:08:11.133Z","endedAt":"2026-11-21T17:08:11.133Z",)"
          R"("position":8,"compensation":{"state":"none","steps":[]},"steps":[)"
          R"({"name":"first","path":"first","status":"completed","startedAt":"2026-11-21T17:08:11.130Z","endedAt":"2026-11-21T17:08:11.131Z","attempts":1,"inFlight":false,"output":{"id":"x"},"error":null},)"
          R"({"name":"second","path":"second","status":"completed","startedAt":"2026-11-21T17:08:11.131Z","endedAt":"2026-11-21T17:08:11.132Z","attempts":1,"inFlight":false,"output":{"id":"x"},"error":null},)"
          R"({"name":"third","path":"third","status":"completed","startedAt":"2026-11-21T17:08:11.132Z","endedAt":"2026-11-21T17:08:11.133Z","attempts":1,"inFlight":false,"output":{"id":"x"},"error":null}],)"
          R"("incidents":[],"replayOf":null,"replays":[]})");
}

}  // namespace
}  // namespace skald::probe
