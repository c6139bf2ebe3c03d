// An execution whose history is damaged, as an operator of a running server sees it.
#include <gmock/gmock.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "adapters/in_hand_file.hpp"
#include "adapters/system_clock.hpp"
#include "tests/api/service_fixture.hpp"

namespace skald::test {
namespace {

using testing::HasSubstr;

class UnreadableExecution : public ServiceTest {};

TEST_F(UnreadableExecution, IsAnIncidentAndCanBeTerminated) {
  start();
  deploy("w", "  - one: { call: p.hold }\n");
  const auto torn = start_only("w");
  const auto healthy = start_only("w");
  participant_.await_held(2);
  server_.reset();
  soci::session(soci::sqlite3, (folder_.path() / "skald.db").string())
      << "UPDATE history SET data = '{' WHERE position = 2 AND execution = '" + torn + "'";
  start();
  Json items;
  for (int i = 0; i < 5'000 && items.empty(); ++i) items = get_json("/v1/incidents")["items"];
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0]["execution"], torn);
  EXPECT_EQ(items[0]["kind"], "unreadable");
  EXPECT_EQ(items[0]["workflow"]["name"], "w");
  EXPECT_THAT(std::string(items[0]["error"]["detail"]), HasSubstr("position 2"));
  const auto shown = get("/v1/executions/" + torn);
  EXPECT_EQ(shown.status, 409);
  EXPECT_EQ(Json::parse(shown.body)["code"], "history.unreadable");
  EXPECT_THAT(get("/metrics").body, HasSubstr(R"(skald_incidents_open{kind="unreadable",workflow="w"} 1)"));
  EXPECT_EQ(post("/v1/executions/" + torn + "/cancel").status, 409);

  const auto ended = post("/v1/executions/" + torn + "/terminate", R"({"reason":"the page is torn"})");
  EXPECT_EQ(ended.status, 202) << ended.body;
  EXPECT_EQ(Json::parse(ended.body)["outcome"], "terminated");
  EXPECT_EQ(get_json("/v1/incidents")["items"].size(), 0u);
  EXPECT_EQ(get_json("/v1/executions?outcome=terminated")["items"][0]["id"], torn);
  participant_.release();
  EXPECT_EQ(await_end(healthy)["outcome"], "completed");
}

TEST_F(UnreadableExecution, IsLeftAloneWhereItMadeTheServerDie) {
  start();
  deploy("w", "  - one: { call: p.hold }\n");
  const auto poison = start_only("w");
  participant_.await_held(1);
  server_.reset();
  adapters::SystemClock clock;
  const auto suspects = (folder_.path() / "skald.db-suspects").string();
  ASSERT_TRUE(std::filesystem::exists(suspects));
  // What a process leaves behind that dies with it in hand.
  for (int deaths = 0; deaths < 3; ++deaths) {
    adapters::InHandFile::open(suspects, SKALD_VERSION, clock).value()->take(*parse_execution_id(poison));
  }
  start();
  Json items;
  for (int i = 0; i < 5'000 && items.empty(); ++i) items = get_json("/v1/incidents")["items"];
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0]["execution"], poison);
  EXPECT_THAT(std::string(items[0]["error"]["detail"]), HasSubstr("died again and again"));
  EXPECT_EQ(Json::parse(get("/v1/executions/" + poison).body)["code"], "execution.suspected");
  EXPECT_EQ(post("/v1/executions/" + poison + "/terminate", R"({"reason":"poison"})").status, 202);
  EXPECT_EQ(get_json("/v1/executions?outcome=terminated")["items"][0]["id"], poison);
}

TEST_F(UnreadableExecution, AServerGoesOnWhereItCannotRememberWhatItHadInHand) {
  start({"--node-suspects", "/proc/nothing/here"});
  EXPECT_THAT(server_->log(), HasSubstr("what makes the process die is not found out"));
  deploy("w", "  - one: { call: p.ok, compensate: { call: p.undo } }\n");
  EXPECT_EQ(run("w")["outcome"], "completed");
}

}  // namespace
}  // namespace skald::test
