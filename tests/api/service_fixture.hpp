// A running `skald serve` with a participant whose answers the test decides.
//
// Operations of adapter "p": `ok` answers 200 {"done":"<path>"}, `refuse` 409, `hold` when the test says so. Their
// undos are `undo` (200) and `undoRefused` (409). Events whose type begins with "told." are sent to it.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "api/http/server.hpp"
#include "engine/ports/log.hpp"
#include "engine/runtime/loops.hpp"
#include "tests/api/raw_client.hpp"
#include "tests/api/skald_process.hpp"
#include "tests/api/test_ports.hpp"

namespace skald::test {

using Json = nlohmann::json;

class Participant {
 public:
  Participant();
  ~Participant();

  std::uint16_t port() const { return port_; }
  // Answers what `hold` has received, and will receive, with 200.
  void release();
  // Waits until `hold` has been called that often in all.
  void await_held(std::size_t count);
  std::vector<std::string> requests();
  // The body of each.
  std::vector<std::string> bodies();
  // The `Authorization` of each.
  std::vector<std::string> authorizations();

 private:
  void handle(api::Request request, api::Responder respond);

  class Observer final : public api::HttpObserver {
    void answered(std::string_view, std::string_view, int, std::chrono::nanoseconds) override {}
    void connections(int) override {}
  };

  SteppingClock clock_;
  ports::SilentLog log_;
  Observer observer_;
  runtime::Loops loops_;
  std::unique_ptr<api::HttpServer> server_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> requests_;
  std::vector<std::string> bodies_;
  std::vector<std::string> authorizations_;
  std::vector<api::Responder> held_;
  std::size_t held_count_ = 0;
  bool released_ = false;
};

class ServiceTest : public testing::Test {
 protected:
  ServiceTest();

  // Starts (again) on the same database.
  void start(std::vector<std::string> flags = {});
  RawAnswer get(const std::string& target, const std::string& headers = {});
  RawAnswer post(const std::string& target, const std::string& body = {}, const std::string& headers = {});
  Json get_json(const std::string& target);
  // Registers a workflow test/<name> 1.0.0 of these steps (YAML, two spaces deep).
  void deploy(const std::string& name, const std::string& steps, const std::string& more = {});
  // Starts one and waits until it has ended or is parked.
  Json run(const std::string& workflow, const std::string& input = "{}");
  std::string start_only(const std::string& workflow, const std::string& input = "{}");
  Json await_end(const std::string& id);
  // Polls until `holds` is true of the execution.
  template <class Condition>
  Json await(const std::string& id, Condition holds) {
    return await_at("/v1/executions/" + id, holds);
  }
  // The same of what is there.
  template <class Condition>
  Json await_at(const std::string& target, Condition holds) {
    for (int i = 0; i < 10'000; ++i) {
      Json there = get_json(target);
      if (holds(there)) return there;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ADD_FAILURE() << "the condition did not come about: " << get(target).body;
    return {};
  }

  Participant participant_;
  TemporaryFolder folder_;
  std::unique_ptr<SkaldServer> server_;
  std::unique_ptr<RawClient> client_;
};

}  // namespace skald::test
