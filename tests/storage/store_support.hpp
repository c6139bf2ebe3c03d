// What the tests of the store share: a sink that can be waited for, and appends in few words.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/clock.hpp"
#include "storage/store.hpp"

namespace skald::storage::test {

// 2026-11-21T08:00:00Z.
inline constexpr Timestamp kBegin{Millis{1'795'248'000'000}};

class TestClock final : public ports::Clock {
 public:
  Timestamp now() override { return kBegin; }
  std::chrono::nanoseconds steady() override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

// Keeps verdicts in the order of their arrival.
class Collector final : public ports::AppendSink {
 public:
  void appended(std::vector<ports::AppendResult> results) override;
  // Waits until there are `count` verdicts in all, at most half a minute.
  std::vector<ports::AppendResult> wait(std::size_t count);
  std::size_t calls();

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<ports::AppendResult> results_;
  std::size_t calls_ = 0;
};

// Remembers what it was told.
class RecordingTelemetry final : public ports::SilentTelemetry {
 public:
  void commit(std::chrono::nanoseconds, std::uint64_t appends) override;
  void store_error(std::string_view kind) override;
  std::vector<std::string> errors();
  std::uint64_t appends();

 private:
  std::mutex mutex_;
  std::vector<std::string> errors_;
  std::uint64_t appends_ = 0;
};

// A folder that goes with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// The n-th execution: ids grow with n.
ExecutionId execution(std::uint64_t n);

ports::HistoryRow row(std::uint64_t position, std::string kind = "StepCompleted", std::string data = R"({"a":1})");
ports::ExecutionSummary running(std::string status = "", Timestamp wake_at = kBegin + std::chrono::hours(1));
ports::ExecutionSummary ended(std::string phase = "completed");

// The first append of an execution: one row.
ports::Append start(ExecutionId id, std::optional<std::string> key = {}, std::string fingerprint = "print");
// `rows` rows behind `expected`, and a summary.
ports::Append next(ExecutionId id, std::uint64_t expected, std::uint64_t rows = 1,
                   std::optional<ports::ExecutionSummary> summary = running());

// Appends one group and waits for its verdict.
ports::AppendResult commit(Store& store, std::vector<ports::Append> appends);
// The live executions of the first `limit` wake-ups until then.
std::vector<ExecutionId> due(Store& store, Timestamp until, std::size_t limit = 1'000'000);
inline std::vector<ExecutionId> live(Store& store) {
  return due(store, Timestamp::max());
}
inline ports::AppendResult commit(Store& store, ports::Append append) {
  return commit(store, std::vector<ports::Append>{std::move(append)});
}

}  // namespace skald::storage::test
