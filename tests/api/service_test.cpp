// The routes of a running server: each one's success and its errors, word for word.
#include <signal.h>

#include "tests/api/service_fixture.hpp"

namespace skald::test {
namespace {

constexpr const char* kOk = "  - one: { call: p.ok, compensate: { call: p.undo } }\n";
constexpr const char* kNobody = "0192f0c1-2b3c-7def-8abc-0123456789ab";

std::string problem(const std::string& code, const std::string& title, int status, const std::string& detail,
                    const std::string& instance, const std::string& remedy = {}) {
  return R"({"type":"urn:skald:problem:)" + code + R"(","title":")" + title + R"(","status":)" +
         std::to_string(status) + R"(,"detail":")" + detail + "\"" +
         (remedy.empty() ? "" : R"(,"remedy":")" + remedy + "\"") + R"(,"instance":")" + instance + R"(","code":")" +
         code + "\"}";
}

class Service : public ServiceTest {
 protected:
  void SetUp() override { start(); }
};

TEST_F(Service, RegistersAndReadsWorkflows) {
  const std::string source =
      "document: { dsl: '1.0.3', namespace: test, name: w, version: '1.0.0' }\ndo:\n" + std::string(kOk);
  const auto created = post("/v1/workflows", source);
  EXPECT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.header("location"), "/v1/workflows/test/w/versions/1.0.0");
  const Json view = Json::parse(created.body);
  EXPECT_EQ(view["revision"], 1);
  EXPECT_EQ(view["origin"], "api");
  EXPECT_EQ(view["steps"][0]["call"], "p.ok");
  EXPECT_EQ(view["steps"][0]["compensate"]["call"], "p.undo");
  EXPECT_EQ(post("/v1/workflows", source).status, 200);

  const auto conflict = post("/v1/workflows", source + "  - two: { call: p.ok, compensate: { call: p.undo } }\n");
  EXPECT_EQ(conflict.status, 409);
  const Json shown = Json::parse(conflict.body);
  EXPECT_EQ(shown["detail"], "test/w/1.0.0: the version is registered with other content");
  EXPECT_EQ(shown["remedy"],
            "give the definition a new document.version, or replace what stands there: ?replace=true, --replace");
  EXPECT_EQ(shown["current"]["digest"], view["digest"]);
  const auto replaced =
      post("/v1/workflows?replace=true", source + "  - two: { call: p.ok, compensate: { call: p.undo } }\n");
  EXPECT_EQ(replaced.status, 201);
  EXPECT_EQ(Json::parse(replaced.body)["revision"], 2);

  EXPECT_EQ(get("/v1/workflows/test/w/versions/1.0.0", "Accept: application/yaml\r\n").header("content-type"),
            "application/yaml");
  EXPECT_EQ(get_json("/v1/workflows/test/w/versions/1.0.0")["steps"].size(), 2u);
  EXPECT_EQ(get_json("/v1/workflows/test/w")["latest"], "1.0.0");
  EXPECT_EQ(get_json("/v1/workflows")["items"].size(), 1u);
  EXPECT_EQ(get("/v1/workflows/test/w/versions/2.0.0").status, 404);
  EXPECT_EQ(Json::parse(get("/v1/workflows/no/w").body)["code"], "workflow.unknown");
}

TEST_F(Service, AnswersEveryErrorOfADefinition) {
  const auto answer = post("/v1/workflows",
                           "document: { dsl: '1.0.3', namespace: test, name: w, version: '1.0.0' }\ndo:\n"
                           "  - one: { call: p.nothing }\n  - two: { cal: p.ok }\n");
  EXPECT_EQ(answer.status, 422);
  const Json shown = Json::parse(answer.body);
  EXPECT_EQ(shown["code"], "definition.invalid");
  ASSERT_GE(shown["errors"].size(), 2u);
  EXPECT_EQ(shown["errors"][0]["line"], 3);
  EXPECT_EQ(shown["errors"][0]["severity"], "error");
  EXPECT_EQ(post("/v1/workflows?dryRun", "do: 7").status, 422);
  const auto dry =
      post("/v1/workflows?dryRun=true",
           "document: { dsl: '1.0.3', namespace: test, name: d, version: '1.0.0' }\ndo:\n" + std::string(kOk));
  EXPECT_EQ(dry.status, 200);
  EXPECT_TRUE(Json::parse(dry.body)["valid"]);
  EXPECT_EQ(get_json("/v1/workflows")["items"].size(), 0u);
}

TEST_F(Service, StartsAndShowsAnExecution) {
  deploy("w", kOk);
  const auto answer = post("/v1/workflows/test/w/executions", R"({"n":1})",
                           "Content-Type: application/json\r\nPrefer: wait=30\r\nSkald-Label-Tier: gold\r\n");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.header("preference-applied"), "wait=30");
  const Json execution = Json::parse(answer.body);
  const std::string id = execution["id"];
  EXPECT_EQ(answer.header("location"), "/v1/executions/" + id);
  EXPECT_EQ(execution["phase"], "completed");
  EXPECT_EQ(execution["outcome"], "completed");
  EXPECT_EQ(execution["input"], Json::parse(R"({"n":1})"));
  EXPECT_EQ(execution["output"], Json::parse(R"({"done":"/ok"})"));
  EXPECT_EQ(execution["labels"], Json::parse(R"({"tier":"gold"})"));
  EXPECT_EQ(execution["compensation"]["state"], "none");
  ASSERT_EQ(execution["steps"].size(), 1u);
  EXPECT_EQ(execution["steps"][0]["status"], "completed");
  EXPECT_EQ(execution["steps"][0]["attempts"], 1);
  EXPECT_EQ(get_json("/v1/executions/" + id), execution);
  EXPECT_EQ(get_json("/v1/executions?label.tier=gold")["items"][0]["id"], id);
  EXPECT_EQ(get_json("/v1/executions?label.tier=tin")["items"].size(), 0u);
  EXPECT_EQ(get_json("/v1/executions?q=GOL")["items"][0]["id"], id);
  EXPECT_EQ(get_json("/v1/executions?q=tier")["items"].size(), 0u);
}

TEST_F(Service, RepeatsAStartByItsKey) {
  deploy("w", kOk);
  const std::string target = "/v1/workflows/test/w/executions";
  const auto first = post(target, "{}", "Idempotency-Key: \"k 1\"\r\n");
  const auto again = post(target, "{}", "Idempotency-Key: k 1\r\n");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.header("location"), first.header("location"));
  const auto other = post(target, R"({"n":2})", "Idempotency-Key: k 1\r\n");
  EXPECT_EQ(other.status, 422);
  EXPECT_EQ(Json::parse(other.body)["code"], "idempotency.mismatch");
  EXPECT_EQ(get_json("/v1/executions?idempotencyKey=k%201")["items"].size(), 1u);
}

TEST_F(Service, RefusesBadStarts) {
  deploy("w", kOk,
         "input: { schema: { document: { type: object, required: [amount], properties: { amount: { type: number } } } "
         "} }\n");
  const std::string target = "/v1/workflows/test/w/executions";
  EXPECT_EQ(post("/v1/workflows/test/none/executions", "{}").status, 404);
  EXPECT_EQ(Json::parse(post(target + "?version=9.9.9", "{}").body)["code"], "workflow.unknown_version");
  EXPECT_EQ(post(target, "{").status, 400);
  EXPECT_EQ(Json::parse(post(target, "{").body)["code"], "json.syntax");
  const auto invalid = post(target, R"({"amount":"ten"})");
  EXPECT_EQ(invalid.status, 422) << invalid.body;
  EXPECT_EQ(Json::parse(invalid.body)["errors"][0]["pointer"], "/amount");
  EXPECT_EQ(post(target, "\"" + std::string(300'000, 'x') + "\"").status, 413);
  RawClient apart(server_->port());
  const auto large = apart.call("POST", target, std::string(1'048'577, 'x'));
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(Json::parse(large.body)["detail"], "the request's body must have at most 1048576 bytes (got 1048577)");
  EXPECT_EQ(Json::parse(large.body)["instance"], target);
  EXPECT_EQ(post(target, "a=b", "Content-Type: application/x-www-form-urlencoded\r\n").body,
            problem("http.media_type", "The body's media type is not taken here", 415,
                    "the body must be JSON (got 'application/x-www-form-urlencoded')", target,
                    "send it with Content-Type: application/json"));
  EXPECT_EQ(post(target + "?wait=1", "{}").body,
            problem("request.invalid", "The request is not understood", 400, "query parameter 'wait' is not known here",
                    target, "it takes version"));
  EXPECT_EQ(get_json("/v1/executions")["items"].size(), 0u);
}

TEST_F(Service, UndoesAndShowsIt) {
  deploy("w", std::string(kOk) + "  - two: { call: p.refuse }\n");
  const Json execution = run("w");
  EXPECT_EQ(execution["phase"], "faulted");
  EXPECT_EQ(execution["outcome"], "compensated");
  EXPECT_EQ(execution["compensation"]["state"], "completed");
  EXPECT_EQ(execution["compensation"]["failedStep"], "two");
  EXPECT_EQ(execution["compensation"]["steps"], Json::parse(R"([{"step":"one","status":"completed"}])"));
  EXPECT_EQ(execution["steps"][0]["undo"]["status"], "completed");
  EXPECT_EQ(execution["steps"][1]["status"], "failed");
  EXPECT_EQ(get_json("/v1/executions?outcome=compensated&workflow=w")["items"].size(), 1u);
}

TEST_F(Service, PagesThroughExecutionsAndHistory) {
  deploy("w", kOk);
  for (int i = 0; i < 5; ++i) run("w");
  std::vector<std::string> seen;
  std::string target = "/v1/executions?limit=2&namespace=test";
  while (!target.empty()) {
    const auto answer = get(target);
    const Json page = Json::parse(answer.body);
    for (const auto& item : page["items"]) seen.push_back(item["id"]);
    const std::string link = answer.header("link");
    EXPECT_EQ(link.empty(), page["nextCursor"].is_null());
    target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
  }
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_TRUE(std::is_sorted(seen.rbegin(), seen.rend()));
  const auto history = get_json("/v1/executions/" + seen[0] + "/history");
  ASSERT_GE(history["items"].size(), 4u);
  EXPECT_EQ(history["items"][0]["type"], "ExecutionStarted");
  EXPECT_EQ(history["items"][0]["position"], 1);
  EXPECT_EQ(history["items"][0]["actor"], "api");
  const auto rest = get_json("/v1/executions/" + seen[0] + "/history?after=2");
  EXPECT_EQ(rest["items"][0]["position"], 3);
  const auto page = get_json("/v1/executions/" + seen[0] + "/history?limit=1");
  const auto next =
      get_json("/v1/executions/" + seen[0] + "/history?limit=1&cursor=" + std::string(page["nextCursor"]));
  EXPECT_EQ(next["items"][0]["position"], 2);
}

TEST_F(Service, CommandsCarryActorAndReason) {
  deploy("w", "  - one: { call: p.hold, compensate: { call: p.undo } }\n");
  const auto id = start_only("w");
  participant_.await_held(1);
  const std::string path = "/v1/executions/" + id;
  const auto suspended = post(path + "/suspend", R"({"reason":"lunch"})", "Skald-Actor: ada\r\n");
  EXPECT_EQ(suspended.status, 202) << suspended.body;
  EXPECT_EQ(Json::parse(suspended.body)["suspended"], true);
  EXPECT_EQ(post(path + "/resume").status, 202);
  EXPECT_EQ(Json::parse(post(path + "/resume").body)["code"], "execution.not_suspended");
  EXPECT_EQ(post(path + "/cancel", R"({"reason":"changed my mind"})").status, 202);
  participant_.release();
  const Json ended = await_end(id);
  EXPECT_EQ(ended["outcome"], "cancelled");
  EXPECT_EQ(ended["cancelReason"], "changed my mind");
  EXPECT_EQ(Json::parse(post(path + "/cancel").body)["code"], "execution.ended");
  bool found = false;
  for (const auto& row : get_json(path + "/history")["items"]) {
    if (row["type"] != "ExecutionSuspended") continue;
    found = true;
    EXPECT_EQ(row["actor"], "ada");
    EXPECT_EQ(row["data"]["reason"], "lunch");
  }
  EXPECT_TRUE(found);
  EXPECT_EQ(post(path + "/cancel", R"({"why":1})").body,
            R"({"type":"urn:skald:problem:request.invalid","title":"The request is not understood","status":400,)"
            R"("detail":"the body has an error","instance":")" +
                path +
                R"(/cancel","code":"request.invalid",)"
                R"("errors":[{"pointer":"/why","detail":"is not known here; known are reason"}]})");
}

TEST_F(Service, TerminatesWithoutUndoing) {
  deploy("w", std::string(kOk) + "  - two: { call: p.hold }\n");
  const auto id = start_only("w");
  participant_.await_held(1);
  EXPECT_EQ(post("/v1/executions/" + id + "/terminate", R"({"reason":"stuck"})").status, 202);
  participant_.release();
  const Json ended = await_end(id);
  EXPECT_EQ(ended["outcome"], "terminated");
  EXPECT_EQ(ended["steps"][0]["status"], "completed");
  EXPECT_EQ(ended["steps"][1]["status"], "terminated");
  EXPECT_EQ(ended["steps"][1]["inFlight"], false);
  EXPECT_EQ(ended["steps"][1]["unknown"], true);
}

TEST_F(Service, AnOperatorResolvesIncidents) {
  deploy("w", "  - one: { call: p.ok, compensate: { call: p.undoRefused } }\n  - two: { call: p.refuse }\n");
  const Json parked = run("w");
  EXPECT_EQ(parked["phase"], "suspended");
  ASSERT_EQ(parked["incidents"].size(), 1u);
  EXPECT_EQ(parked["incidents"][0]["kind"], "undo-failed");
  const std::string id = parked["id"];
  const std::string path = "/v1/executions/" + id + "/incidents/1";
  const Json list = get_json("/v1/incidents");
  ASSERT_EQ(list["items"].size(), 1u);
  EXPECT_EQ(list["items"][0]["execution"], id);
  EXPECT_EQ(post("/v1/executions/" + id + "/incidents/9/retry").status, 404);
  EXPECT_EQ(Json::parse(post(path + "/skip").body)["errors"][0],
            Json::parse(R"({"pointer":"/reason","detail":"is required"})"));
  const auto skipped = post(path + "/skip", R"({"reason":"refunded by hand"})", "Skald-Actor: ada\r\n");
  EXPECT_EQ(skipped.status, 202) << skipped.body;
  const Json ended = await_end(id);
  EXPECT_EQ(ended["incidents"][0]["resolution"], "skip");
  EXPECT_EQ(ended["incidents"][0]["actor"], "ada");
  EXPECT_EQ(ended["incidents"][0]["reason"], "refunded by hand");
  EXPECT_EQ(get_json("/v1/incidents")["items"].size(), 0u);
}

TEST_F(Service, ReplaysAFailedExecution) {
  deploy("w", std::string(kOk) + "  - two: { call: p.refuse }\n");
  const std::string id = run("w")["id"];
  const auto answer = post("/v1/executions/" + id + "/replay", R"({"from":"start","reason":"again"})");
  ASSERT_EQ(answer.status, 201) << answer.body;
  const std::string replay = Json::parse(answer.body)["id"];
  EXPECT_EQ(answer.header("location"), "/v1/executions/" + replay);
  EXPECT_EQ(await_end(replay)["replayOf"], Json({{"execution", id}, {"from", "start"}}));
  EXPECT_EQ(get_json("/v1/executions/" + id)["replays"],
            Json::array({{{"execution", replay}, {"from", "start"}, {"reason", "again"}}}));
  EXPECT_EQ(get_json("/v1/executions?replayOf=" + id)["items"][0]["id"], replay);
}

TEST_F(Service, UnknownThingsAreFourOhFour) {
  const std::string path = "/v1/executions/" + std::string(kNobody);
  for (const auto& answer : {get(path), get(path + "/history"), post(path + "/cancel"), post(path + "/replay"),
                             post(path + "/incidents/1/retry")}) {
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(Json::parse(answer.body)["code"], "execution.unknown");
  }
  EXPECT_EQ(get("/v1/executions/seven").body, problem("execution.unknown", "There is no such execution", 404,
                                                      "seven: is not the id of an execution", "/v1/executions/seven"));
  EXPECT_EQ(get("/v1/nothing").body,
            problem("http.not_found", "There is nothing at this address", 404, "nothing is served at this path",
                    "/v1/nothing", "GET /openapi.json lists what is"));
  const auto method = client_->call("DELETE", "/v1/workflows");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.header("allow"), "POST, GET, HEAD");
}

TEST_F(Service, ListsAdaptersWithoutSecrets) {
  const auto answer = get("/v1/adapters");
  EXPECT_EQ(Json::parse(answer.body)["items"][0]["operations"][0],
            Json::parse(R"({"name":"hold","method":"POST","path":"/hold"})"));
  deploy("w", kOk);
  run("w");
  for (const auto& text : {answer.body, get("/metrics").body, get("/v1/executions").body, server_->log()}) {
    EXPECT_EQ(text.find("top-secret-token"), std::string::npos);
  }
}

TEST_F(Service, IsTheOnlyNodeOfItsFile) {
  const auto nodes = get_json("/v1/nodes")["items"];
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_EQ(nodes[0]["shards"], 256);
  EXPECT_EQ(nodes[0]["leaseUntil"], nullptr);
  EXPECT_EQ(nodes[0]["draining"], false);
}

TEST_F(Service, IsReadyAndDrainsOnSigterm) {
  EXPECT_EQ(get("/livez").body, R"({"status":"alive"})");
  EXPECT_EQ(get("/readyz").body, R"({"status":"ready"})");
  EXPECT_EQ(get_json("/readyz?verbose")["checks"].size(), 5u);
  deploy("w", "  - one: { call: p.hold }\n");
  const auto id = start_only("w");
  participant_.await_held(1);
  server_->send_signal(SIGTERM);
  for (int i = 0; i < 5000 && get("/readyz").status == 200; ++i) {
  }
  EXPECT_EQ(get("/readyz").body, R"({"status":"not ready"})");
  const auto refused = post("/v1/workflows/test/w/executions", "{}");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(Json::parse(refused.body)["code"], "engine.draining");
  participant_.release();
  EXPECT_EQ(server_->wait(), 0);
  start();
  EXPECT_EQ(await_end(id)["outcome"], "completed");
}

TEST_F(Service, ASecondSignalEndsItAtOnce) {
  deploy("w", "  - one: { call: p.hold }\n");
  start_only("w");
  participant_.await_held(1);
  server_->send_signal(SIGTERM);
  for (int i = 0; i < 5000 && get("/readyz").status == 200; ++i) {
  }
  server_->send_signal(SIGINT);
  EXPECT_EQ(server_->wait(), 130);
}

TEST_F(Service, ASignalRightAfterItIsReadyIsAnswered) {
  for (int i = 0; i < 8; ++i) {
    server_->send_signal(SIGTERM);
    EXPECT_EQ(server_->wait(), 0);
    start();
  }
}

TEST_F(Service, ContinuesAfterKill) {
  deploy("w", "  - one: { call: p.hold, compensate: { call: p.undo } }\n");
  const auto id = start_only("w");
  participant_.await_held(1);
  server_->send_signal(SIGKILL);
  EXPECT_EQ(server_->wait(), -SIGKILL);
  participant_.release();
  start({"--engine-recovery-ramp", "PT0S"});
  const Json ended = await_end(id);
  EXPECT_EQ(ended["outcome"], "completed");
  EXPECT_EQ(ended["steps"][0]["attempts"], 2);
}

TEST_F(Service, AWaitOutlastsTheProcess) {
  deploy("w", "  - rest: { wait: PT4S }\n" + std::string(kOk));
  const Json step = get_json("/v1/workflows/test/w/versions/1.0.0")["steps"][0];
  EXPECT_EQ(step["kind"], "wait");
  EXPECT_EQ(step["wait"], "PT4S");
  const auto id = start_only("w");
  const auto waiting = await(id, [](const Json& e) { return e["phase"] == "waiting"; });
  EXPECT_EQ(get_json("/v1/executions?phase=waiting")["items"][0]["id"], id);
  server_->send_signal(SIGKILL);
  EXPECT_EQ(server_->wait(), -SIGKILL);
  start();
  const Json ended = await_end(id);
  EXPECT_EQ(ended["outcome"], "completed");
  EXPECT_GE(ended["steps"][0]["endedAt"], waiting["steps"][0]["waitUntil"]);
}

TEST_F(Service, WhatStandsIsCountedAgainAfterARestart) {
  deploy("w", "  - one: { call: p.ok, compensate: { call: p.undoRefused } }\n  - two: { call: p.refuse }\n");
  const std::string id = run("w")["id"];
  const std::string open = "\nskald_incidents_open{kind=\"undo-failed\",workflow=\"w\"} ";
  const auto metrics = [&] { return get("/metrics").body; };
  EXPECT_NE(metrics().find(open + "1\n"), std::string::npos);
  server_->send_signal(SIGKILL);
  server_->wait();
  start({"--engine-recovery-ramp", "PT0S"});
  const std::string suspended = "\nskald_executions_active{namespace=\"test\",phase=\"suspended\",workflow=\"w\"} ";
  EXPECT_NE(metrics().find(suspended + "1\n"), std::string::npos) << metrics();
  for (int i = 0; i < 2000 && metrics().find(open) == std::string::npos; ++i) {
  }
  EXPECT_NE(metrics().find(open + "1\n"), std::string::npos);
  EXPECT_EQ(metrics().find("\nskald_oldest_uncompensated_seconds 0\n"), std::string::npos);
  EXPECT_EQ(post("/v1/executions/" + id + "/incidents/1/skip", R"({"reason":"done by hand"})").status, 202);
  await_end(id);
  EXPECT_NE(metrics().find(open + "0\n"), std::string::npos);
  EXPECT_NE(metrics().find(suspended + "0\n"), std::string::npos);
  EXPECT_NE(metrics().find("\nskald_oldest_uncompensated_seconds 0\n"), std::string::npos);
}

}  // namespace
}  // namespace skald::test
