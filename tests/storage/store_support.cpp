#include "tests/storage/store_support.hpp"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace skald::storage::test {

using namespace ports;

namespace {

// In memory where there is room: what the tests show does not need a disk, and a busy one makes every sync a second.
std::filesystem::path fast_folder() {
  constexpr std::uintmax_t kRoomMin = 512 << 20;
  std::error_code error;
  const auto space = std::filesystem::space("/dev/shm", error);
  if (!error && space.available > kRoomMin && ::access("/dev/shm", W_OK) == 0) return "/dev/shm";
  return std::filesystem::temp_directory_path();
}

}  // namespace

void Collector::appended(std::vector<AppendResult> results) {
  const std::lock_guard lock(mutex_);
  ++calls_;
  for (auto& result : results) results_.push_back(std::move(result));
  arrived_.notify_all();  // under the lock: who waits may destroy this as soon as it is released
}

std::vector<AppendResult> Collector::wait(std::size_t count) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, std::chrono::seconds(30), [&] { return results_.size() >= count; });
  if (results_.size() < count) throw std::runtime_error("verdicts are missing");
  return results_;
}

std::size_t Collector::calls() {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void RecordingTelemetry::commit(std::chrono::nanoseconds, std::uint64_t appends) {
  const std::lock_guard lock(mutex_);
  appends_ += appends;
}

void RecordingTelemetry::store_error(std::string_view kind) {
  const std::lock_guard lock(mutex_);
  errors_.emplace_back(kind);
}

std::vector<std::string> RecordingTelemetry::errors() {
  const std::lock_guard lock(mutex_);
  return errors_;
}

std::uint64_t RecordingTelemetry::appends() {
  const std::lock_guard lock(mutex_);
  return appends_;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (fast_folder() / "skald-store-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

ExecutionId execution(std::uint64_t n) {
  return make_execution_id(kBegin + Millis(n), 0, n);
}

HistoryRow row(std::uint64_t position, std::string kind, std::string data) {
  return {.position = position,
          .epoch = 1,
          .at = kBegin + Millis(position),
          .kind = std::move(kind),
          .version = 2,
          .step = "/do/0/pay",
          .attempt = 3,
          .actor = "engine",
          .data = std::move(data)};
}

ExecutionSummary running(std::string status, Timestamp wake_at) {
  return {.phase = "running", .status = std::move(status), .wake_at = wake_at};
}

ExecutionSummary ended(std::string phase) {
  return {.phase = std::move(phase), .outcome = "completed", .status = "DONE", .ended_at = kBegin + Millis(77)};
}

Append start(ExecutionId id, std::optional<std::string> key, std::string fingerprint) {
  return {.execution = id,
          .create = NewExecution{.namespace_name = "shop",
                                 .workflow = "checkout",
                                 .version = "1.0.0",
                                 .digest = "sha256:1",
                                 .shard = 7,
                                 .started_at = kBegin,
                                 .idempotency_key = std::move(key),
                                 .idempotency_fingerprint = std::move(fingerprint)},
          .rows = {row(1, "ExecutionStarted")},
          .summary = running("CREATED")};
}

Append next(ExecutionId id, std::uint64_t expected, std::uint64_t rows, std::optional<ExecutionSummary> summary) {
  Append append{.execution = id, .expected_position = expected, .summary = std::move(summary)};
  for (std::uint64_t i = 1; i <= rows; ++i) append.rows.push_back(row(expected + i));
  return append;
}

AppendResult commit(Store& store, std::vector<Append> appends) {
  Collector sink;
  store.append({.appends = std::move(appends), .ticket = 42}, sink);
  return sink.wait(1)[0];
}

std::vector<ExecutionId> due(Store& store, Timestamp until, std::size_t limit) {
  std::vector<ExecutionId> ids;
  for (const auto& wake_up : store.list_wake_ups(ShardSet().set(), until, {}, limit).value())
    ids.push_back(wake_up.execution);
  return ids;
}

}  // namespace skald::storage::test
