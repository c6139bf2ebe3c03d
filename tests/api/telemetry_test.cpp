#include <gtest/gtest.h>

#include <thread>

#include "api/log/spdlog_log.hpp"
#include "api/problem.hpp"
#include "api/telemetry/metric_cache.hpp"
#include "api/telemetry/prometheus_telemetry.hpp"
#include "tests/api/test_ports.hpp"

namespace skald::api {
namespace {

TEST(PrometheusTelemetry, CountsByLabel) {
  test::SteppingClock clock;
  PrometheusTelemetry telemetry(clock, "1.2.3");
  telemetry.execution_started({"shop", "checkout"});
  telemetry.execution_started({"shop", "checkout"});
  telemetry.execution_phase({"shop", "checkout"}, "running", 1);
  telemetry.execution_finished({"shop", "checkout"}, "completed", Millis(20));
  telemetry.commit(std::chrono::microseconds(300), 5);
  telemetry.answered("/v1/executions", "GET", 404, std::chrono::microseconds(10));
  const auto text = telemetry.scrape();
  const auto has = [&](const std::string& line) { return text.find(line + "\n") != std::string::npos; };
  EXPECT_TRUE(has(R"(skald_executions_started_total{namespace="shop",workflow="checkout"} 2)")) << text;
  EXPECT_TRUE(has(R"(skald_executions_active{namespace="shop",phase="running",workflow="checkout"} 1)"));
  EXPECT_TRUE(has(R"(skald_executions_finished_total{namespace="shop",outcome="completed",workflow="checkout"} 1)"));
  EXPECT_TRUE(has(R"(skald_store_batch_size_sum 5)"));
  EXPECT_TRUE(has(R"(skald_http_requests_total{code="404",method="GET",route="/v1/executions"} 1)"));
  EXPECT_TRUE(has(R"(skald_build_info{version="1.2.3"} 1)"));
  EXPECT_TRUE(has("# TYPE skald_step_retries_total counter")) << "families without values are named too";
  EXPECT_NE(text.find("\nprocess_resident_memory_bytes "), std::string::npos);
}

TEST(PrometheusTelemetry, TheLastWordOnAnExecutionCounts) {
  test::SteppingClock clock;
  PrometheusTelemetry telemetry(clock, "1");
  const auto has = [&](const std::string& line) { return telemetry.scrape().find(line) != std::string::npos; };
  const auto one = parse_execution_id("0192f0c1-2b3c-7def-8abc-000000000001").value();
  const auto two = parse_execution_id("0192f0c1-2b3c-7def-8abc-000000000002").value();
  EXPECT_TRUE(has("\nskald_oldest_uncompensated_seconds 0\n"));
  const Timestamp minute_ago = clock.now() - std::chrono::minutes(1);
  for (int told = 0; told < 2; ++told) {
    telemetry.execution_standing(one, {"w", minute_ago, {"undo-failed", "undo-failed"}});
  }
  telemetry.execution_standing(two, {"w", minute_ago + std::chrono::seconds(30), {}});
  EXPECT_TRUE(has("\nskald_oldest_uncompensated_seconds 60.")) << telemetry.scrape();
  EXPECT_TRUE(has(R"(skald_incidents_open{kind="undo-failed",workflow="w"} 2)"));
  telemetry.execution_standing(one, {"w", {}, {}});
  EXPECT_TRUE(has(R"(skald_incidents_open{kind="undo-failed",workflow="w"} 0)"));
  EXPECT_TRUE(has("\nskald_oldest_uncompensated_seconds 30.")) << telemetry.scrape();
}

TEST(PrometheusTelemetry, IsSafeFromSeveralThreads) {
  test::SteppingClock clock;
  PrometheusTelemetry telemetry(clock, "1");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) telemetry.step_retry("w", "step" + std::to_string(i % 50), "timeout");
    });
  }
  threads.clear();
  EXPECT_NE(telemetry.scrape().find(R"(skald_step_retries_total{reason="timeout",step="step7",workflow="w"} 160)"),
            std::string::npos);
}

TEST(MetricCache, SharesOneMetricBeyondItsLimit) {
  std::map<std::string, int> made;
  MetricCache<int, 1> cache([&](const std::array<std::string, 1>& values) -> int& { return made[values[0]]; });
  for (int i = 0; i < 5000; ++i) ++cache.get({std::to_string(i)});
  EXPECT_EQ(made.size(), (MetricCache<int, 1>::kEntriesMax) + 1);
  EXPECT_EQ(made["other"], 5000 - static_cast<int>(MetricCache<int, 1>::kEntriesMax));
}

TEST(Log, JsonLinesEscapeWhatComesFromOutside) {
  EXPECT_EQ(
      json_line(from_millis(1'790'000'000'123), ports::LogLevel::kWarning, "a \"b\"", {{"error", "x\ny"}}),
      R"({"timestamp":"2026-09-21T14:13:20.123Z","severity_text":"WARN","body":"a \"b\"","attributes":{"error":"x\ny"}})");
  EXPECT_EQ(text_line(from_millis(1'790'000'000'123), ports::LogLevel::kInfo, "a\nb", {{"k", "v\033[0m"}}),
            "2026-09-21T14:13:20.123Z INFO  a b  k=v [0m");
}

TEST(Problems, AFiveHundredSaysNothingButItsId) {
  test::RecordingLog log;
  test::CountingEntropy entropy;
  const Problems problems(log, entropy);
  const auto response =
      problems.answer({.code = "store.unavailable", .message = "disk secret", .detail = "path"}, "/v1/x");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body,
            R"({"type":"urn:skald:problem:store.unavailable","title":"The database does not answer","status":503,)"
            R"("detail":"the server's log has the reason under this id","id":"0000000000000001","instance":"/v1/x",)"
            R"("code":"store.unavailable"})");
  ASSERT_EQ(log.lines().size(), 1u);
  EXPECT_EQ(log.lines()[0],
            "request failed id=0000000000000001 code=store.unavailable error=disk secret (path) path=/v1/x status=503");
}

TEST(Problems, AnUnknownCodeIsADefect) {
  test::RecordingLog log;
  test::CountingEntropy entropy;
  const auto response = Problems(log, entropy).answer({.code = "new.code", .message = "m"}, "/");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("new.code"), std::string::npos);
}

TEST(Problems, AnInputProblemCarriesItsPointers) {
  test::RecordingLog log;
  test::CountingEntropy entropy;
  const auto response = Problems(log, entropy)
                            .answer({.code = "input.invalid",
                                     .message = "the input does not fit",
                                     .detail = R"([{"pointer":"/amount","detail":"must be a number"}])"},
                                    "/v1/x");
  EXPECT_EQ(response.body,
            R"({"type":"urn:skald:problem:input.invalid","title":"The input does not fit the workflow","status":422,)"
            R"("detail":"the input does not fit","instance":"/v1/x","code":"input.invalid",)"
            R"("errors":[{"pointer":"/amount","detail":"must be a number"}]})");
}

}  // namespace
}  // namespace skald::api
