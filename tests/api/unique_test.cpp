// saga.unique over HTTP and on the command line.
#include "tests/api/service_fixture.hpp"

namespace skald::test {
namespace {

constexpr const char* kHeld = "  - one: { call: p.hold, compensate: { call: p.undo } }\n";
constexpr const char* kRefused = "  - one: { call: p.refuse, compensate: { call: p.undo } }\n";
constexpr const char* kUnique = "saga: { unique: { key: .order, within: PT1H } }\n";

class Unique : public ServiceTest {
 protected:
  void SetUp() override { start(); }

  RawAnswer ask(const std::string& workflow, const std::string& headers = {}) {
    return post("/v1/workflows/test/" + workflow + "/executions", R"({"order":"o1"})",
                "Content-Type: application/json\r\n" + headers);
  }
};

TEST_F(Unique, AnotherStartIsAnsweredWithTheEarlierExecution) {
  deploy("single", kHeld, kUnique);
  const auto first = ask("single", "Idempotency-Key: r1\r\n");
  ASSERT_EQ(first.status, 201) << first.body;
  const std::string id = Json::parse(first.body)["id"];
  const auto refused = ask("single");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.header("content-type"), "application/problem+json");
  EXPECT_EQ(refused.header("link"), "</v1/executions/" + id + ">; rel=\"related\"");
  Json problem = Json::parse(refused.body);
  EXPECT_EQ(problem["execution"]["id"], id);
  EXPECT_EQ(problem["execution"]["phase"], "running");
  EXPECT_EQ(problem["execution"]["input"], Json({{"order", "o1"}}));
  const std::string until = R"( (key "o1", until )";
  const std::string detail = problem["detail"];
  EXPECT_EQ(detail.substr(0, detail.find(until)),
            id + ": this execution is about the same: it has the key that saga.unique makes of the input");
  EXPECT_NE(detail.find(until + "20"), std::string::npos) << detail;
  problem.erase("execution");
  problem.erase("detail");
  EXPECT_EQ(problem,
            Json({{"type", "urn:skald:problem:unique.taken"},
                  {"title", "An earlier execution is about the same"},
                  {"status", 409},
                  {"remedy",
                   "look at it; another one may start when `within` is over, or when it ends and has not completed"},
                  {"instance", "/v1/workflows/test/single/executions"},
                  {"code", "unique.taken"}}));
  EXPECT_EQ(ask("single", "Idempotency-Key: r1\r\n").status, 200);
  EXPECT_EQ(ask("single", "Idempotency-Key: r2\r\n").status, 409);
  EXPECT_EQ(get_json("/v1/executions?workflow=single")["items"].size(), 1u);
  EXPECT_EQ(get_json("/v1/executions?idempotencyKey=r2")["items"].size(), 0u);
  EXPECT_NE(get("/metrics")
                .body.find(R"(skald_http_requests_total{code="409",method="POST",route=)"
                           R"("/v1/workflows/{namespace}/{name}/executions"} 2)"),
            std::string::npos);
  participant_.release();
  EXPECT_EQ(await_end(id)["outcome"], "completed");
  EXPECT_EQ(Json::parse(ask("single").body)["execution"]["outcome"], "completed");
}

TEST_F(Unique, WhatHasFailedIsNotInTheWayAndItsReplayMayBeRefused) {
  deploy("failing", kRefused, kUnique);
  const auto first = run("failing", R"({"order":"o1"})");
  EXPECT_EQ(first["outcome"], "faulted");
  const auto second = run("failing", R"({"order":"o1"})");
  EXPECT_NE(second["id"], first["id"]);
  const auto source = "document: { dsl: '1.0.3', namespace: test, name: failing, version: '1.1.0' }\n" +
                      std::string(kUnique) + "do:\n" + kHeld;
  ASSERT_EQ(post("/v1/workflows", source).status, 201);
  const auto third = ask("failing");
  ASSERT_EQ(third.status, 201);
  const auto refused =
      post("/v1/executions/" + first["id"].get<std::string>() + "/replay", "{}", "Content-Type: application/json\r\n");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(Json::parse(refused.body)["code"], "unique.taken");
  EXPECT_EQ(Json::parse(refused.body)["execution"]["id"], Json::parse(third.body)["id"]);
}

TEST_F(Unique, AnInputThatNoKeyCanBeMadeOfIsUnprocessable) {
  deploy("single", kHeld, kUnique);
  const auto refused = post("/v1/workflows/test/single/executions", "[1]", "Content-Type: application/json\r\n");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(Json::parse(refused.body)["code"], "unique.invalid");
}

TEST_F(Unique, TheCommandLineShowsTheEarlierExecution) {
  deploy("single", kHeld, kUnique);
  const std::string id = Json::parse(ask("single").body)["id"];
  const auto refused = run_skald({"start", "test/single", "--input", "-"}, R"({"order":"o1"})",
                                 {{"SKALD_SERVER", server_->address()}, {"USER", "ada"}});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_EQ(refused.out, "");
  EXPECT_NE(refused.err.find("error: An earlier execution is about the same\n"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("  execution " + id + " is running, started at "), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace skald::test
