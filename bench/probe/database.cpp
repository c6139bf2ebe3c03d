#include "bench/probe/database.hpp"

#include <sqlite3.h>

#include <mutex>

#include "engine/base/limits.hpp"

namespace skald::probe {
namespace {

// As the engine's writer has them (storage/sqlite_dialect.cpp).
constexpr const char* kSettings = R"(
  PRAGMA page_size = 8192;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA temp_store = MEMORY;
  PRAGMA foreign_keys = OFF;
  PRAGMA cache_size = -32768;
  PRAGMA wal_autocheckpoint = 2000;
  PRAGMA journal_size_limit = 65536000;)";

constexpr const char* kTables =
    "CREATE TABLE history (execution TEXT NOT NULL, position BIGINT NOT NULL, epoch BIGINT NOT NULL,"
    " at BIGINT NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL, step TEXT NOT NULL,"
    " attempt BIGINT NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL,"
    " PRIMARY KEY (execution, position));"
    // In quotes, as SQLite keeps the name of a table that was renamed.
    "CREATE TABLE \"executions\" (id TEXT NOT NULL PRIMARY KEY, shard INTEGER NOT NULL, namespace TEXT NOT NULL,"
    " workflow TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL, phase TEXT NOT NULL,"
    " outcome TEXT NOT NULL, status TEXT NOT NULL, labels TEXT NOT NULL, started_at BIGINT NOT NULL,"
    " ended_at BIGINT, wake_at BIGINT, open_incidents BIGINT NOT NULL, idempotency_key TEXT,"
    " idempotency_fingerprint TEXT NOT NULL, replay_of TEXT, resting INTEGER NOT NULL DEFAULT 0, parent TEXT,"
    " unique_key TEXT, unique_until BIGINT,"
    " CHECK ((wake_at IS NULL) = (phase = 'completed' OR phase = 'faulted' OR phase = 'cancelled'))) WITHOUT ROWID;"
    "CREATE INDEX executions_wake ON executions (resting, wake_at, id) WHERE wake_at IS NOT NULL;"
    "CREATE UNIQUE INDEX executions_key ON executions (namespace, workflow, idempotency_key)"
    " WHERE idempotency_key IS NOT NULL;"
    "CREATE INDEX executions_incidents ON executions (id) WHERE open_incidents > 0;"
    "CREATE INDEX executions_parent ON executions (parent, id) WHERE parent IS NOT NULL;"
    "CREATE UNIQUE INDEX executions_unique ON executions (namespace, workflow, unique_key) WHERE unique_key IS NOT "
    "NULL;";

// One thread uses the connection, and nobody reads the memory statistics: as the engine has it.
void configure_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  });
}

sqlite3* open(const std::string& path) {
  configure_library();
  sqlite3* database = nullptr;
  const int code = sqlite3_open(path.c_str(), &database);
  if (code == SQLITE_OK && sqlite3_exec(database, kSettings, nullptr, nullptr, nullptr) == SQLITE_OK &&
      sqlite3_exec(database, kTables, nullptr, nullptr, nullptr) == SQLITE_OK) {
    return database;
  }
  const std::string problem = path + ": " + sqlite3_errmsg(database);
  sqlite3_close(database);
  throw DatabaseError(problem);
}

}  // namespace

// Columns that are the same in every row stand in the text.
struct Database::Statements {
  explicit Statements(sqlite3* database) : database_(database) {}

 private:
  sqlite3* database_;

 public:
  Statement begin{database_, "BEGIN IMMEDIATE"};
  Statement commit{database_, "COMMIT"};
  Statement create{database_,
                   "INSERT INTO executions (id, shard, namespace, workflow, version, digest, phase, outcome, status,"
                   " labels, started_at, ended_at, wake_at, open_incidents, idempotency_key, idempotency_fingerprint,"
                   " replay_of) VALUES (?1, ?2, 'bench', 'three-steps', '1.0.0', ?3, 'running', '', '', '{}', ?4, NULL,"
                   " ?5, 0, NULL, '', NULL)"};
  Statement end{database_,
                "UPDATE executions SET phase = 'completed', outcome = 'completed', status = '', ended_at = ?1,"
                " wake_at = NULL, open_incidents = 0 WHERE id = ?2"};
  Statement execution_started{database_,
                              "INSERT INTO history VALUES (?1, 1, 1, ?2, 'ExecutionStarted', 1, '', 0, 'api', ?3)"};
  Statement step_started{database_, "INSERT INTO history VALUES (?1, ?2, 1, ?3, 'StepStarted', 1, ?4, 1, ?5, ?6)"};
  Statement step_completed{database_, "INSERT INTO history VALUES (?1, ?2, 1, ?3, 'StepCompleted', 1, ?4, 0, '', ?5)"};
  Statement execution_ended{database_, "INSERT INTO history VALUES (?1, 8, 1, ?2, 'ExecutionEnded', 1, '', 0, '', ?3)"};
};

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

Database::Database(const std::string& path)
    : database_(open(path)), statements_(std::make_unique<Statements>(database_.get())) {}

Database::~Database() = default;

void Database::begin() {
  statements_->begin.run();
}

void Database::commit() {
  statements_->commit.run();
}

void Database::write(const Execution& e) {
  const std::int64_t at = to_millis(e.at[e.steps_done]);
  const auto position = static_cast<std::int64_t>(2 * e.steps_done + 1);
  if (e.steps_done == 0) {
    create(e);
  } else {
    complete_step(e, position, at);
  }
  if (e.steps_done < kSteps) {
    start_step(e, position + 1, at);
  } else {
    statements_->execution_ended.run(e.id_text, at, e.ended);
    statements_->end.run(at, e.id_text);
  }
}

void Database::create(const Execution& e) {
  const std::int64_t at = to_millis(e.at[0]);
  const std::int64_t wake_at = at + limits::kAuditInterval.count();
  statements_->create.run(e.id_text, std::int64_t{shard_of(e.id)}, kDigest, at, wake_at);
  statements_->execution_started.run(e.id_text, at, e.started);
}

void Database::complete_step(const Execution& e, std::int64_t position, std::int64_t at) {
  statements_->step_completed.run(e.id_text, position, at, kStepNames[e.steps_done - 1], e.step_completed);
}

void Database::start_step(const Execution& e, std::int64_t position, std::int64_t at) {
  const std::string_view actor = e.steps_done == 0 ? "api" : "";
  statements_->step_started.run(e.id_text, position, at, kStepNames[e.steps_done], actor, e.step_started);
}

}  // namespace skald::probe
