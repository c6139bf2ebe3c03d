// skald-commits: how many durable SQLite commits this machine makes a second, and what a row costs in them.
//
// The table, the settings and the row sizes are those of Skald's history (WAL, synchronous=FULL, WITHOUT ROWID, keyed
// by execution and position), written by one thread with prepared statements, so that the figure is a ceiling for any
// engine that keeps such a history. Prints one line of JSON.
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/load/process_sample.hpp"
#include "engine/base/error.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRowsAnExecution = 8;
constexpr const char* kSchema = R"(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE history (
    execution TEXT NOT NULL, position INTEGER NOT NULL, epoch INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
    version INTEGER NOT NULL, step TEXT, attempt INTEGER, actor TEXT, data TEXT NOT NULL,
    PRIMARY KEY (execution, position)) WITHOUT ROWID;)";
constexpr const char* kInsert =
    "INSERT INTO history VALUES (?1, ?2, 1, 1760000000000, 'StepStarted', 1, ?3, 1, NULL, ?4)";
constexpr const char* kData =
    R"({"method":"POST","target":"/done/second","body":{"orderId":"order-0000000042","amount":4999,"currency":"EUR"}})";

struct Options {
  std::string database;
  int rows = 1;
  int executions = 64;
  double seconds = 2.0;
};

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct EndStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, EndStatement>;

skald::Result<Statement> prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return skald::failure("bench.sqlite", "cannot prepare", sql, {}, sqlite3_errmsg(database));
  }
  return Statement(statement);
}

bool step_done(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  return code == SQLITE_DONE;
}

// Hands out (execution, position) pairs as an engine with that many executions in flight writes them: each execution
// gets its rows in order, all of them in turns, and ids grow with time.
class RowSource {
 public:
  explicit RowSource(int executions) : lanes_(static_cast<std::size_t>(executions)) {
    for (Lane& lane : lanes_) lane.id = next_id();
  }

  std::pair<const std::string&, int> next() {
    Lane& lane = lanes_[turn_++ % lanes_.size()];
    if (lane.position == kRowsAnExecution) lane = Lane{.id = next_id(), .position = 0};
    return {lane.id, ++lane.position};
  }

 private:
  struct Lane {
    std::string id;
    int position = 0;
  };
  std::string next_id() {
    ++ids_;
    return fmt::format("0199c1d2-{:04x}-7{:03x}-8a5e-3f0c9b7d6e12", (ids_ >> 12U) & 0xffffU, ids_ & 0xfffU);
  }

  std::vector<Lane> lanes_;
  std::size_t turn_ = 0;
  unsigned ids_ = 0;
};

struct Measured {
  std::uint64_t commits = 0;
  double seconds = 0;
  double cpu_us = 0;
  double written_bytes = 0;
  std::vector<std::uint32_t> commit_us;
};

double cpu_micros() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
         static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

skald::Result<Measured> measure(sqlite3* database, const Options& options) {
  auto begin = prepare(database, "BEGIN IMMEDIATE");
  auto insert = prepare(database, kInsert);
  auto commit = prepare(database, "COMMIT");
  if (!begin || !insert || !commit)
    return std::unexpected(!begin ? begin.error() : !insert ? insert.error() : commit.error());
  RowSource rows(options.executions);
  Measured measured;
  const auto own = static_cast<int>(getpid());
  const auto io_before = skald::bench::sample_process(own);
  const double cpu_before = cpu_micros();
  const auto start = Clock::now();
  auto now = start;
  while (now - start < std::chrono::duration<double>(options.seconds)) {
    const auto commit_start = now;
    bool ok = step_done(begin->get());
    for (int row = 0; row < options.rows; ++row) {
      const auto [execution, position] = rows.next();
      sqlite3_bind_text(insert->get(), 1, execution.data(), static_cast<int>(execution.size()), SQLITE_STATIC);
      sqlite3_bind_int(insert->get(), 2, position);
      sqlite3_bind_text(insert->get(), 3, "second", -1, SQLITE_STATIC);
      sqlite3_bind_text(insert->get(), 4, kData, -1, SQLITE_STATIC);
      ok = ok && step_done(insert->get());
    }
    ok = ok && step_done(commit->get());
    if (!ok) return skald::failure("bench.sqlite", "a commit failed", options.database, {}, sqlite3_errmsg(database));
    now = Clock::now();
    measured.commit_us.push_back(
        static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - commit_start).count()));
  }
  measured.commits = measured.commit_us.size();
  measured.seconds = std::chrono::duration<double>(now - start).count();
  measured.cpu_us = cpu_micros() - cpu_before;
  const auto io_after = skald::bench::sample_process(own);
  if (io_before && io_after)
    measured.written_bytes = static_cast<double>(io_after->written_bytes - io_before->written_bytes);
  return measured;
}

std::string to_json(const Options& options, Measured measured) {
  std::sort(measured.commit_us.begin(), measured.commit_us.end());
  const auto commits = static_cast<double>(measured.commits);
  const double rows = commits * options.rows;
  const nlohmann::ordered_json report{
      {"rowsACommit", options.rows},
      {"commitsPerSecond", commits / measured.seconds},
      {"rowsPerSecond", rows / measured.seconds},
      {"commitMs", static_cast<double>(measured.commit_us[measured.commit_us.size() / 2]) / 1000.0},
      {"cpuMicrosACommit", measured.cpu_us / commits},
      {"cpuMicrosARow", measured.cpu_us / rows},
      {"writtenBytesARow", measured.written_bytes / rows}};
  return report.dump();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Measures durable SQLite commits and prints one line of JSON.");
  app.add_option("--database", options.database, "A file that does not exist yet")
      ->required()
      ->check(CLI::NonexistentPath);
  app.add_option("--rows", options.rows, "History rows a commit")->check(CLI::Range(1, 10'000));
  app.add_option("--executions", options.executions, "Executions that take turns")->check(CLI::Range(1, 10'000));
  app.add_option("--seconds", options.seconds, "How long")->check(CLI::Range(0.1, 600.0));
  CLI11_PARSE(app, argc, argv);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open(options.database.c_str(), &opened);
  const Database database(opened);
  if (code != SQLITE_OK || sqlite3_exec(opened, kSchema, nullptr, nullptr, nullptr) != SQLITE_OK) {
    fmt::print(stderr, "skald-commits: {}: {}\n", options.database, sqlite3_errmsg(opened));
    return 1;
  }
  auto measured = measure(opened, options);
  if (!measured) {
    fmt::print(stderr, "skald-commits: {}\n", skald::to_text(measured.error()));
    return 1;
  }
  fmt::print("{}\n", to_json(options, *std::move(measured)));
  return 0;
}
