#include "tests/api/service_fixture.hpp"

#include <chrono>
#include <future>

namespace skald::test {

Participant::Participant() {
  server_ = std::make_unique<api::HttpServer>(
      loops_, api::HttpServer::Ports{clock_, log_, observer_}, api::HttpLimits{},
      [this](api::Request request, api::Responder respond) { handle(std::move(request), std::move(respond)); });
  server_->set_refusal_answer([](const api::Refusal& refusal) { return api::Response{.status = refusal.status}; });
  loops_.start();
  port_ = server_->listen("127.0.0.1", 0).value();
}

Participant::~Participant() {
  release();
  std::promise<void> closed;
  server_->close([&] { closed.set_value(); });
  closed.get_future().wait_for(std::chrono::seconds(10));
  loops_.stop();
}

void Participant::handle(api::Request request, api::Responder respond) {
  const std::string path(request.path());
  const std::lock_guard lock(mutex_);
  requests_.push_back(path);
  bodies_.push_back(request.body);
  authorizations_.emplace_back(request.header("authorization").value_or(""));
  if (path == "/refuse" || path == "/undo-refused") {
    return respond({.status = 409, .body = R"({"title":"no","detail":"not today"})"});
  }
  if (path == "/hold" && !released_) {
    held_.push_back(std::move(respond));
    ++held_count_;
    changed_.notify_all();
    return;
  }
  respond({.status = 200, .body = R"({"done":")" + path + "\"}"});
}

void Participant::release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
  for (auto& respond : held_) respond({.status = 200, .body = R"({"done":"/hold"})"});
  held_.clear();
}

void Participant::await_held(std::size_t count) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return held_count_ >= count; }));
}

std::vector<std::string> Participant::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<std::string> Participant::bodies() {
  const std::lock_guard lock(mutex_);
  return bodies_;
}

std::vector<std::string> Participant::authorizations() {
  const std::lock_guard lock(mutex_);
  return authorizations_;
}

ServiceTest::ServiceTest() {
  folder_.write("adapters.yaml",
                "adapters:\n  p:\n    baseUrl: http://127.0.0.1:" + std::to_string(participant_.port()) +
                    "\n    authentication: { bearer: { token: top-secret-token } }\n"
                    "    operations:\n"
                    "      ok: { method: post, path: /ok }\n"
                    "      refuse: { method: post, path: /refuse }\n"
                    "      hold: { method: post, path: /hold }\n"
                    "      undo: { method: post, path: /undo }\n"
                    "      undoRefused: { method: post, path: /undo-refused }\n"
                    "      told: { method: post, path: /told }\n"
                    "    events: { operation: told, types: [told.*] }\n");
}

void ServiceTest::start(std::vector<std::string> flags) {
  client_.reset();
  server_.reset();
  flags.insert(flags.end(), {"--adapters", (folder_.path() / "adapters.yaml").string()});
  server_ = std::make_unique<SkaldServer>(folder_, flags);
  client_ = std::make_unique<RawClient>(server_->port());
}

RawAnswer ServiceTest::get(const std::string& target, const std::string& headers) {
  return client_->call("GET", target, "", headers);
}

RawAnswer ServiceTest::post(const std::string& target, const std::string& body, const std::string& headers) {
  return client_->call("POST", target, body, headers);
}

Json ServiceTest::get_json(const std::string& target) {
  const auto answer = get(target);
  EXPECT_EQ(answer.status, 200) << target << ": " << answer.body;
  return Json::parse(answer.body, nullptr, false);
}

void ServiceTest::deploy(const std::string& name, const std::string& steps, const std::string& more) {
  const auto answer = post("/v1/workflows?replace=true", "document: { dsl: '1.0.3', namespace: test, name: " + name +
                                                             ", version: '1.0.0' }\n" + more + "do:\n" + steps);
  EXPECT_TRUE(answer.status == 200 || answer.status == 201) << answer.body;
}

Json ServiceTest::run(const std::string& workflow, const std::string& input) {
  const auto answer = post("/v1/workflows/test/" + workflow + "/executions", input, "Prefer: wait=30\r\n");
  EXPECT_EQ(answer.status, 201) << answer.body;
  return Json::parse(answer.body, nullptr, false);
}

std::string ServiceTest::start_only(const std::string& workflow, const std::string& input) {
  const auto answer = post("/v1/workflows/test/" + workflow + "/executions", input);
  EXPECT_EQ(answer.status, 201) << answer.body;
  return Json::parse(answer.body, nullptr, false).value("id", "");
}

Json ServiceTest::await_end(const std::string& id) {
  return await(id, [](const Json& execution) { return !execution.value("endedAt", Json()).is_null(); });
}

}  // namespace skald::test
