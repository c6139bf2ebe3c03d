// An engine with one workflow that starts by itself, at 2027-01-15T08:00:00Z.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {

// One call, with this schedule.
inline std::string scheduled_workflow(const std::string& schedule, const std::string& version = "1.0.0",
                                      const std::string& more = "") {
  return "document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '" + version + "' }\n" +
         (schedule.empty() ? "" : "schedule: " + schedule + "\n") + more +
         "do:\n  - charge: { call: payments.charge, with: {} }\n";
}

class ScheduleBench : public testing::Test {
 protected:
  void begin(const std::string& schedule, const std::string& more = "", const runtime::EngineOptions& options = {}) {
    source_ = scheduled_workflow(schedule, "1.0.0", more);
    bench_ = std::make_unique<RuntimeBench>(options, source_.c_str());
    bench_->settle();
  }
  RuntimeBench& bench() { return *bench_; }

  // The times that executions were started for, the oldest first, as their keys have them.
  std::vector<std::string> times() {
    std::vector<std::string> found;
    for (const auto& execution : bench().store.search({.limit = 500}).value()) {
      const auto key = execution.created.idempotency_key.value_or("by hand");
      found.push_back(key.substr(key.rfind('/') + 1));
    }
    std::ranges::reverse(found);
    return found;
  }

  ports::StoredSchedule row() {
    const auto rows = bench().store.list_schedules(ports::ShardSet().set()).value();
    return rows.empty() ? ports::StoredSchedule{} : rows.front();
  }

  void hold() {
    bench().script.set_rule([](const auto&) { return std::nullopt; });
  }
  void release() {
    bench().script.set_rule([](const auto&) { return done(); });
  }
  void pass(std::chrono::seconds by) { bench().advance(by, std::chrono::seconds(1)); }
  // An event from outside, and what became of it.
  Result<runtime::EventAnswer> try_to_send(const std::string& event) {
    std::optional<Result<runtime::EventAnswer>> answer;
    bench().engine().accept_event(event, [&](Result<runtime::EventAnswer> told) { answer = std::move(told); });
    bench().settle();
    return answer.value();
  }
  runtime::EventAnswer send(const std::string& event) { return try_to_send(event).value(); }
  // A process ends, and another one comes after that long.
  void be_down(std::chrono::seconds by) {
    bench().kill_process();
    bench().clock.advance(by);
    bench().start_process();
    bench().settle();
  }
  void add(const std::string& source, runtime::Replace replace = runtime::Replace::kNo) {
    const auto added = bench().definitions().add(source, "file:checkout.yaml", replace, true);
    ASSERT_TRUE(added && added->registered);
    bench().settle();
  }

  std::map<std::string, int>& told() { return bench().telemetry.schedule_starts; }

 private:
  std::string source_;
  std::unique_ptr<RuntimeBench> bench_;
};

}  // namespace skald::test
