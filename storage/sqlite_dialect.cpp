#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "storage/dialect.hpp"

namespace skald::storage {
namespace {

const std::vector<std::vector<std::string>>& sqlite_migrations() {
  static const std::vector<std::vector<std::string>> versions = {
      {
          // One row an event, in the order of the primary key: appends go to the end of an execution's run of pages.
          // `at` is milliseconds since 1970: datetime(at / 1000, 'unixepoch') shows it.
          "CREATE TABLE history (execution TEXT NOT NULL, position BIGINT NOT NULL, epoch BIGINT NOT NULL,"
          " at BIGINT NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL, step TEXT NOT NULL,"
          " attempt BIGINT NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL,"
          " PRIMARY KEY (execution, position)) WITHOUT ROWID",
          // A live execution always has a wake-up.
          "CREATE TABLE executions (id TEXT NOT NULL PRIMARY KEY, shard INTEGER NOT NULL, namespace TEXT NOT NULL,"
          " workflow TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL, phase TEXT NOT NULL,"
          " outcome TEXT NOT NULL, status TEXT NOT NULL, labels TEXT NOT NULL, started_at BIGINT NOT NULL,"
          " ended_at BIGINT, wake_at BIGINT, open_incidents BIGINT NOT NULL, idempotency_key TEXT,"
          " idempotency_fingerprint TEXT NOT NULL, replay_of TEXT,"
          " CHECK ((wake_at IS NULL) = (phase IN ('completed', 'faulted', 'cancelled')))) WITHOUT ROWID",
          "CREATE INDEX executions_wake ON executions (wake_at, id) WHERE wake_at IS NOT NULL",
          "CREATE UNIQUE INDEX executions_key ON executions (namespace, workflow, idempotency_key)"
          " WHERE idempotency_key IS NOT NULL",
          "CREATE INDEX executions_incidents ON executions (id) WHERE open_incidents > 0",
          "CREATE TABLE definitions (digest TEXT NOT NULL PRIMARY KEY, namespace TEXT NOT NULL, name TEXT NOT NULL,"
          " version TEXT NOT NULL, revision BIGINT NOT NULL, source TEXT NOT NULL, origin TEXT NOT NULL,"
          " registered_at BIGINT NOT NULL)",
          "CREATE UNIQUE INDEX definitions_version ON definitions (namespace, name, version, revision)",
          "CREATE TABLE shards (id INTEGER NOT NULL PRIMARY KEY, owner TEXT NOT NULL, epoch BIGINT NOT NULL,"
          " lease_until BIGINT NOT NULL)",
      },
  };
  return versions;
}

class SqliteDialect final : public Dialect {
 public:
  SqliteDialect(std::string path, Millis busy_timeout) : path_(std::move(path)), busy_timeout_(busy_timeout) {}

  void open(soci::session& session, bool writer) const override {
    session.open(soci::sqlite3, fmt::format(R"(dbname="{}" synchronous=full)", path_));
    session << fmt::format("PRAGMA busy_timeout = {}", busy_timeout_.count());
    std::string mode;
    session << "PRAGMA journal_mode = WAL", soci::into(mode);
    if (mode != "wal") throw soci::soci_error("SQLite refuses the write-ahead log for " + path_);
    session << "PRAGMA synchronous = FULL";
    session << "PRAGMA temp_store = MEMORY";
    session << "PRAGMA foreign_keys = OFF";
    session << (writer ? "PRAGMA cache_size = -32768" : "PRAGMA cache_size = -4096");
    if (!writer) {
      session << "PRAGMA query_only = ON";
      return;
    }
    // A checkpoint copies pages back with an fsync of its own: rarely, but before the log grows large.
    session << "PRAGMA wal_autocheckpoint = 4000";
    session << "PRAGMA journal_size_limit = 67108864";
  }

  std::string begin_write() const override { return "BEGIN IMMEDIATE"; }

  const std::vector<std::vector<std::string>>& migrations() const override { return sqlite_migrations(); }

  Failure classify(const std::exception& error) const override {
    const auto* sqlite_error = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
    if (!sqlite_error) return Failure::kOther;
    switch (sqlite_error->result() & 0xFF) {
      case SQLITE_CONSTRAINT:
        return Failure::kConstraint;
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        return Failure::kBusy;
      case SQLITE_FULL:
        return Failure::kFull;
      default:
        return Failure::kOther;
    }
  }

  bool commit_failure_is_definite(const std::exception& error) const override {
    const Failure failure = classify(error);
    return failure == Failure::kBusy || failure == Failure::kFull || failure == Failure::kConstraint;
  }

 private:
  std::string path_;
  Millis busy_timeout_;
};

}  // namespace

std::unique_ptr<Dialect> make_sqlite_dialect(const std::string& path, Millis busy_timeout) {
  return std::make_unique<SqliteDialect>(path, busy_timeout);
}

}  // namespace skald::storage
