// Events and callbacks over HTTP, against the real program.
#include <signal.h>

#include <algorithm>

#include "tests/api/service_fixture.hpp"
#include "tests/support/files.hpp"

namespace skald::test {
namespace {

constexpr const char* kStructured = "Content-Type: application/cloudevents+json\r\n";
constexpr const char* kListens =
    "  - await:\n"
    "      listen:\n"
    "        to:\n"
    "          one:\n"
    "            with: { type: paid }\n"
    "            correlate: { order: { from: .data.order, expect: '${ $workflow.input.order }' } }\n"
    "      timeout: { after: PT1M }\n";

std::string paid(const std::string& id, const std::string& order) {
  return Json({{"specversion", "1.0"}, {"id", id}, {"source", "psp"}, {"type", "paid"}, {"data", {{"order", order}}}})
      .dump();
}

class Events : public ServiceTest {
 protected:
  void SetUp() override { start(); }

  std::string send(const std::string& event) {
    const auto answer = post("/v1/events", event, kStructured);
    EXPECT_EQ(answer.status, 202) << answer.body;
    return Json::parse(answer.body)["items"][0]["result"];
  }
};

TEST_F(Events, ReachWhoListensOnce) {
  deploy("w", kListens);
  const auto id = start_only("w", R"({"order":"A1"})");
  await(id, [](const Json& e) { return e["phase"] == "waiting"; });
  EXPECT_EQ(send(paid("1", "B7")), "kept");
  EXPECT_EQ(send(paid("2", "A1")), "taken");
  const Json ended = await_end(id);
  EXPECT_EQ(ended["outcome"], "completed");
  EXPECT_EQ(ended["output"], Json::parse(R"([{"order":"A1"}])"));
  EXPECT_EQ(ended["steps"][0]["events"], 1);
  EXPECT_EQ(send(paid("2", "A1")), "duplicate");
  EXPECT_EQ(send(R"({"specversion":"1.0","id":"1","source":"psp","type":"shipped"})"), "ignored");
  const auto metrics = get("/metrics").body;
  EXPECT_NE(metrics.find("skald_events_received_total{result=\"taken\"} 1"), std::string::npos);
  EXPECT_NE(metrics.find("skald_events_received_total{result=\"duplicate\"} 1"), std::string::npos);
  EXPECT_EQ(get_json("/v1/workflows/test/w/versions/1.0.0")["steps"][0]["types"], Json::parse(R"(["paid"])"));
}

TEST_F(Events, AreGoneThroughOneByOne) {
  deploy("w",
         "  - each:\n"
         "      listen: { to: { any: [{ with: { type: paid } }], until: { one: { with: { type: closed } } } } }\n"
         "      foreach: { do: [{ ask: { call: p.hold, with: { of: '${ $item.order }' } } }], output: { as: "
         "$item.order } }\n");
  const auto id = start_only("w");
  await(id, [](const Json& e) { return e["phase"] == "waiting"; });
  EXPECT_EQ(send(paid("1", "A1")), "taken");
  participant_.await_held(1);
  EXPECT_EQ(send(paid("2", "A2")), "taken");
  EXPECT_EQ(send(R"({"specversion":"1.0","id":"3","source":"psp","type":"closed"})"), "taken");
  const Json view = get_json("/v1/executions/" + id);
  EXPECT_EQ(view["steps"][0]["events"], 3);
  EXPECT_EQ(view["steps"][0]["iterations"], 0);
  EXPECT_EQ(view["steps"][0]["steps"][0]["round"], 1);
  server_->send_signal(SIGKILL);
  server_->wait();
  participant_.release();
  start();
  EXPECT_EQ(await_end(id)["output"], Json::parse(R"(["A1","A2"])"));
  const Json step = get_json("/v1/workflows/test/w/versions/1.0.0")["steps"][0];
  EXPECT_EQ(step["types"], Json::parse(R"(["paid"])"));
  EXPECT_EQ(step["until"], Json::parse(R"(["closed"])"));
  EXPECT_EQ(step["steps"][0]["name"], "ask");
}

TEST_F(Events, AreKeptForWhoListensLaterAndSurviveTheServer) {
  deploy("w", "  - first: { call: p.hold, compensate: { call: p.undo } }\n" + std::string(kListens));
  const auto id = start_only("w", R"({"order":"A1"})");
  participant_.await_held(1);
  EXPECT_EQ(send(paid("1", "A1")), "kept");
  server_->send_signal(SIGKILL);
  server_->wait();
  participant_.release();
  start();
  EXPECT_EQ(await_end(id)["outcome"], "completed");
}

TEST_F(Events, OfABatchAreTakenInTheirOrder) {
  deploy("w",
         "  - wait:\n"
         "      listen: { to: { any: [{ with: { type: paid } }], until: { one: { with: { type: closed } } } } }\n"
         "output: { as: '${ map(.order) }' }\n");
  const auto id = start_only("w");
  await(id, [](const Json& e) { return e["phase"] == "waiting"; });
  std::string batch = "[";
  std::string expected = "[";
  for (int i = 0; i < 40; ++i) {
    batch += paid(std::to_string(i), std::to_string(i)) + ",";
    expected += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\"";
  }
  batch += R"({"specversion":"1.0","id":"end","source":"psp","type":"closed"}])";
  EXPECT_EQ(post("/v1/events", batch, "Content-Type: application/cloudevents-batch+json\r\n").status, 202);
  EXPECT_EQ(await_end(id)["output"].dump(), expected + "]");
}

TEST_F(Events, ComeInBatchesAndInHeaders) {
  deploy("w", kListens);
  const auto one = start_only("w", R"({"order":"A1"})");
  const auto other = start_only("w", R"({"order":"A2"})");
  const auto batch = post("/v1/events", "[" + paid("1", "A1") + "," + paid("2", "A3") + "]",
                          "Content-Type: application/cloudevents-batch+json\r\n");
  EXPECT_EQ(batch.status, 202);
  EXPECT_EQ(batch.body, R"({"items":[{"id":"1","result":"taken","source":"psp","started":0},)"
                        R"({"id":"2","result":"kept","source":"psp","started":0}]})");
  const auto binary = post("/v1/events", R"({"order":"A2"})",
                           "Content-Type: application/json\r\nce-specversion: 1.0\r\nce-id: 3\r\nce-source: psp\r\n"
                           "ce-type: paid\r\n");
  EXPECT_EQ(binary.status, 202) << binary.body;
  EXPECT_EQ(await_end(one)["outcome"], "completed");
  EXPECT_EQ(await_end(other)["outcome"], "completed");
}

TEST_F(Events, AreRefusedWithTheReason) {
  const auto wrong = post("/v1/events", "{}", "Content-Type: application/json\r\n");
  EXPECT_EQ(wrong.status, 415);
  EXPECT_EQ(Json::parse(wrong.body)["remedy"],
            "send it with Content-Type: application/cloudevents+json, or with the headers ce-specversion, ce-id, "
            "ce-source and ce-type");
  const auto bad = post("/v1/events", R"({"specversion":"1.0"})", kStructured);
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(Json::parse(bad.body)["detail"], "'id' is missing; 'source' is missing; 'type' is missing");
  for (const char* depth : {"-1", "\"three\"", "1.5", "\"99999999999\"", "true", "\"\""}) {
    auto deep = Json::parse(paid("1", "A1"));
    deep["skalddepth"] = Json::parse(depth);
    const auto answer = post("/v1/events", deep.dump(), kStructured);
    EXPECT_EQ(answer.status, 400) << depth;
  }
}

TEST_F(Events, ACallbackAnswersOnceAndItsAddressIsNotShown) {
  deploy("w",
         "  - ask: { call: p.ok, with: { url: '${ $callbacks.await.url }' }, compensate: { call: p.undo } }\n"
         "  - await: { listen: { to: { one: { with: { type: never } } } }, timeout: { after: PT1M } }\n");
  const auto id = start_only("w");
  await(id, [](const Json& e) { return e["phase"] == "waiting"; });
  const Json asked = Json::parse(participant_.bodies().at(0));
  const std::string url = asked["url"];
  const auto path = url.substr(url.find("/v1/callbacks/"));
  for (const auto& shown : {get("/v1/executions/" + id).body, get("/v1/executions/" + id + "/history").body}) {
    EXPECT_EQ(shown.find(path.substr(path.rfind('~'))), std::string::npos) << shown;
  }
  EXPECT_NE(get("/v1/executions/" + id + "/history").body.find("~await~****"), std::string::npos);

  auto forged = path;
  forged.back() = forged.back() == '0' ? '1' : '0';
  EXPECT_EQ(post(forged, "{}").status, 404);
  EXPECT_EQ(post("/v1/callbacks/nothing", "{}").status, 404);
  EXPECT_EQ(post("/v1/callbacks/0192f0c1-2b3c-7def-8abc-0123456789ab~a~" + std::string(32, '0'), "{}").status, 404);
  EXPECT_EQ(post(path, "{").status, 400);
  const auto empty = post(path);
  EXPECT_EQ(empty.status, 400);
  EXPECT_EQ(Json::parse(empty.body)["code"], "request.invalid");
  EXPECT_EQ(post(path, R"({"paid":true})", "Content-Encoding: gzip\r\n").status, 415);
  EXPECT_EQ(post(path, R"({"paid":true})").status, 202);
  EXPECT_EQ(await_end(id)["output"], Json::parse(R"([{"paid":true}])"));
  const auto again = post(path, R"({"paid":true})");
  EXPECT_EQ(again.status, 410);
  EXPECT_EQ(Json::parse(again.body)["code"], "callback.used");
}

class Outbox : public ServiceTest {
 protected:
  void SetUp() override { start(); }

  // What the participant was asked at that path, once it was.
  std::vector<Json> bodies_at(const std::string& path) {
    std::vector<Json> found;
    for (int tries = 0; tries < 400 && found.empty(); ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const auto bodies = participant_.bodies();
      const auto requests = participant_.requests();
      for (std::size_t i = 0; i < std::min(requests.size(), bodies.size()); ++i) {
        if (requests[i] == path) found.push_back(Json::parse(bodies[i]));
      }
    }
    return found;
  }
};

TEST_F(Outbox, SendsWhatIsEmittedToAnAdapterAndToWhoListens) {
  deploy("hears", "  - await: { listen: { to: { one: { with: { type: told.paid } } } } }\n");
  deploy("tells",
         "  - aside: { emit: { event: { with: { source: shop, type: other } } } }\n"
         "  - tell: { emit: { event: { with: { source: shop, type: told.paid, data: '${ $workflow.input.order }' } } } "
         "}\n");
  const auto listening = start_only("hears");
  await(listening, [](const Json& e) { return e["phase"] == "waiting"; });
  const Json ended = run("tells", R"({"order":"A1"})");
  EXPECT_EQ(ended["outcome"], "completed");
  EXPECT_EQ(await_end(listening)["output"], Json::parse(R"(["A1"])"));
  const auto events = bodies_at("/told");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]["id"], ended["id"].get<std::string>() + "/tell");
  EXPECT_EQ(events[0]["data"], "A1");
  EXPECT_EQ(events[0]["datacontenttype"], "application/json");
}

TEST_F(Outbox, SendsAfterTheServerDiedWhatItHadNot) {
  const std::string adapters = text_of(folder_.path() / "adapters.yaml");
  std::string refusing = adapters;
  refusing.replace(refusing.find("/told"), 5, "/refuse");
  folder_.write("adapters.yaml", refusing);
  start();
  deploy("tells", "  - tell: { emit: { event: { with: { source: shop, type: told.paid } } } }\n");
  EXPECT_EQ(run("tells")["outcome"], "completed");
  ASSERT_FALSE(bodies_at("/refuse").empty());
  server_->send_signal(SIGKILL);
  server_->wait();
  folder_.write("adapters.yaml", adapters);
  start();
  EXPECT_EQ(bodies_at("/told").size(), 1u);
}

}  // namespace
}  // namespace skald::test
