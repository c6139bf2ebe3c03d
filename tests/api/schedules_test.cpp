// Workflows that start by themselves, against the real program.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "engine/base/time.hpp"
#include "tests/api/service_fixture.hpp"

namespace skald::test {
namespace {

constexpr const char* kStructuredMode = "Content-Type: application/cloudevents+json\r\n";
constexpr Millis kInterval{1'000};

Timestamp now() {
  return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
}

class Schedules : public ServiceTest {
 protected:
  void SetUp() override { start(); }

  static std::string list_of(const std::string& workflow) { return "/v1/executions?limit=500&workflow=" + workflow; }
  // The executions of a workflow, the oldest first.
  std::vector<Json> executions(const std::string& workflow) {
    std::vector<Json> found = get_json(list_of(workflow))["items"];
    std::ranges::reverse(found);
    return found;
  }
  std::vector<Json> await_executions(const std::string& workflow, std::size_t count) {
    await_at(list_of(workflow), [&](const Json& listed) { return listed["items"].size() >= count; });
    return executions(workflow);
  }

  // What the list says of a workflow, once it holds.
  template <class Condition>
  Json await_listed(const std::string& workflow, Condition holds) {
    Json found;
    await_at("/v1/schedules", [&](const Json& listed) {
      return std::ranges::any_of(listed["items"], [&](const Json& item) {
        if (item["name"] != workflow || !holds(item)) return false;
        found = item;
        return true;
      });
    });
    return found;
  }
};

TEST_F(Schedules, AreListedAndStartExecutions) {
  deploy("tick", "  - go: { call: p.ok }\n", "schedule: { every: PT1S }\n");
  deploy("nightly", "  - go: { call: p.ok }\n",
         "schedule: { cron: '30 2 * * *' }\nsaga: { schedule: { timeZone: Europe/Berlin } }\n");
  deploy("unscheduled", "  - go: { call: p.ok }\n");
  const auto ticks = await_executions("tick", 2);
  EXPECT_EQ(await_end(ticks[0]["id"])["outcome"], "completed");
  const Json tick = await_listed("tick", [](const Json& item) { return !item["lastExecution"].is_null(); });
  EXPECT_EQ(tick["namespace"], "test");
  EXPECT_EQ(tick["version"], "1.0.0");
  EXPECT_EQ(tick["schedule"], "every: PT1S");
  EXPECT_TRUE(tick["timeZone"].is_null());
  EXPECT_TRUE(tick["lastError"].is_null());
  EXPECT_GT(parse_rfc3339(tick["next"].get<std::string>()), parse_rfc3339(tick["last"].get<std::string>()));
  const Json nightly = await_listed("nightly", [](const Json& item) { return !item["next"].is_null(); });
  EXPECT_EQ(nightly["schedule"], "cron: 30 2 * * *");
  EXPECT_EQ(nightly["timeZone"], "Europe/Berlin");
  EXPECT_TRUE(nightly["last"].is_null());
  const Json all = get_json("/v1/schedules");
  EXPECT_EQ(all["items"].size(), 2u);
  const Json first = get_json("/v1/schedules?limit=1");
  EXPECT_EQ(first["items"].size(), 1u);
  EXPECT_EQ(get_json("/v1/schedules?limit=1&cursor=" + first["nextCursor"].get<std::string>())["items"][0]["name"],
            "tick");
  EXPECT_EQ(get("/v1/schedules?colour=red").status, 400);
  const auto printed = run_skald({"schedules", "--server", server_->address()});
  EXPECT_EQ(printed.exit_code, 0) << printed.err;
  EXPECT_NE(printed.out.find("test/nightly"), std::string::npos) << printed.out;
  EXPECT_NE(printed.out.find("cron: 30 2 * * *"), std::string::npos) << printed.out;
  EXPECT_NE(get("/metrics").body.find("skald_schedule_starts_total{result=\"started\"}"), std::string::npos);
  // The one that a page ended with has no schedule any more.
  deploy("nightly", "  - go: { call: p.ok }\n");
  const Json next = await_at("/v1/schedules?limit=1&cursor=" + first["nextCursor"].get<std::string>(),
                             [this](const Json&) { return get_json("/v1/schedules")["items"].size() == 1; });
  EXPECT_EQ(next["items"][0]["name"], "tick");
}

TEST_F(Schedules, ARefusedStartIsListed) {
  deploy("tick", "  - go: { call: p.ok }\n",
         "schedule: { every: PT1S }\ninput: { schema: { document: { type: object, required: [order] } } }\n");
  const Json tick = await_listed("tick", [](const Json& item) { return !item["lastError"].is_null(); });
  EXPECT_TRUE(tick["lastError"].get<std::string>().starts_with("the input does not match the schema of the workflow: "))
      << tick;
  EXPECT_TRUE(tick["lastExecution"].is_null());
  EXPECT_NE(get("/metrics").body.find("skald_schedule_starts_total{result=\"refused\"}"), std::string::npos);
}

// Killed again and again: no time has two executions, none is lost but those that no process was there for, and of
// those one start makes up.
TEST_F(Schedules, EachTimeStartsOneExecutionAcrossKills) {
  constexpr int kKills = 8;
  deploy("tick", "  - go: { call: p.ok }\n", "schedule: { every: PT1S }\n");
  await_executions("tick", 1);
  struct Outage {
    Timestamp from;
    Timestamp to;
  };
  std::vector<Outage> outages;
  for (int kill = 0; kill < kKills; ++kill) {
    // Around the time of a start, somewhat later in each round.
    const auto count = executions("tick").size();
    await_executions("tick", count + 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(990 + 2 * kill));
    outages.push_back({now(), {}});
    server_->send_signal(SIGKILL);
    server_->wait();
    start();
    // Until a start of this process shows that it goes on.
    await_executions("tick", count + 2);
    outages.back().to = now();
  }
  std::vector<Timestamp> times;
  for (const Json& execution : await_executions("tick", executions("tick").size() + 2)) {
    const std::string key = execution["idempotencyKey"];
    times.push_back(parse_rfc3339(key.substr(key.rfind('/') + 1)).value());
    EXPECT_EQ(await_end(execution["id"])["outcome"], "completed");
  }
  EXPECT_EQ(std::set(times.begin(), times.end()).size(), times.size());
  for (std::size_t i = 1; i < times.size(); ++i) {
    EXPECT_EQ((times[i] - times[0]) % kInterval, Millis(0));
    for (auto absent = times[i - 1] + kInterval; absent < times[i]; absent += kInterval) {
      const bool nobody_was_there = std::ranges::any_of(
          outages, [&](const Outage& outage) { return outage.from <= absent + kInterval && absent <= outage.to; });
      EXPECT_TRUE(nobody_was_there) << format_rfc3339(absent);
    }
  }
}

TEST_F(Schedules, AnEventStartsOneExecution) {
  deploy("placed", "  - go: { call: p.ok, with: { order: '${ $workflow.input[0].data.order }' } }\n",
         "schedule: { on: { one: { with: { type: placed } } } }\n");
  const std::string event = R"({"specversion":"1.0","id":"1","source":"shop","type":"placed","data":{"order":"A1"}})";
  const auto answer = post("/v1/events", event, kStructuredMode);
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, R"({"items":[{"id":"1","result":"taken","source":"shop","started":1}]})");
  const auto started = executions("placed");
  ASSERT_EQ(started.size(), 1u);
  EXPECT_EQ(await_end(started[0]["id"])["outcome"], "completed");
  EXPECT_EQ(Json::parse(participant_.bodies().at(0)), Json::parse(R"({"order":"A1"})"));
  EXPECT_EQ(Json::parse(post("/v1/events", event, kStructuredMode).body)["items"][0]["result"], "duplicate");
  server_->send_signal(SIGKILL);
  server_->wait();
  start();
  EXPECT_EQ(Json::parse(post("/v1/events", event, kStructuredMode).body)["items"][0]["result"], "duplicate");
  EXPECT_EQ(executions("placed").size(), 1u);
}

// The sender has no answer, and sends it again to the next process.
TEST_F(Schedules, AnEventThatAKillInterruptsStartsOneExecution) {
  constexpr int kKills = 6;
  deploy("placed", "  - go: { call: p.ok }\n", "schedule: { on: { one: { with: { type: placed } } } }\n");
  for (int kill = 0; kill < kKills; ++kill) {
    const std::string event =
        R"({"specversion":"1.0","id":")" + std::to_string(kill) + R"(","source":"shop","type":"placed"})";
    std::thread sender([&] {
      try {
        RawClient(server_->port()).call("POST", "/v1/events", event, kStructuredMode);
      } catch (const std::exception&) {
        // It was cut off.
      }
    });
    std::this_thread::sleep_for(std::chrono::microseconds(700 * kill));
    server_->send_signal(SIGKILL);
    server_->wait();
    sender.join();
    start();
    EXPECT_EQ(post("/v1/events", event, kStructuredMode).status, 202);
    await_executions("placed", static_cast<std::size_t>(kill) + 1);
  }
  EXPECT_EQ(executions("placed").size(), static_cast<std::size_t>(kKills));
}

}  // namespace
}  // namespace skald::test
