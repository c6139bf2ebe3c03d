#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <mutex>

#include "storage/batch_transaction.hpp"
#include "storage/dialect.hpp"
#include "storage/event_tables.hpp"

namespace skald::storage {
namespace {

const std::vector<std::vector<std::string>>& sqlite_migrations() {
  static const std::vector<std::vector<std::string>> versions = {
      {
          // One row an event, in the order of writing: a batch fills the last pages of the table, and the key is an
          // index beside it (docs/decisions: history in the order of writing). `at` is milliseconds since 1970:
          // datetime(at / 1000, 'unixepoch') shows it.
          "CREATE TABLE history (execution TEXT NOT NULL, position BIGINT NOT NULL, epoch BIGINT NOT NULL,"
          " at BIGINT NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL, step TEXT NOT NULL,"
          " attempt BIGINT NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL,"
          " PRIMARY KEY (execution, position))",
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
      {
          // Recovery asks for what does not rest, the due poller for what is due: each a range of one index. What was
          // written before is looked at once.
          "ALTER TABLE executions ADD COLUMN resting INTEGER NOT NULL DEFAULT 0",
          "DROP INDEX executions_wake",
          "CREATE INDEX executions_wake ON executions (resting, wake_at, id) WHERE wake_at IS NOT NULL",
      },
      {
          // The same table with its check spelled out: for a list of more than two SQLite fills a temporary table
          // whenever a row is written.
          "CREATE TABLE executions_next (id TEXT NOT NULL PRIMARY KEY, shard INTEGER NOT NULL, namespace TEXT NOT NULL,"
          " workflow TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL, phase TEXT NOT NULL,"
          " outcome TEXT NOT NULL, status TEXT NOT NULL, labels TEXT NOT NULL, started_at BIGINT NOT NULL,"
          " ended_at BIGINT, wake_at BIGINT, open_incidents BIGINT NOT NULL, idempotency_key TEXT,"
          " idempotency_fingerprint TEXT NOT NULL, replay_of TEXT, resting INTEGER NOT NULL DEFAULT 0,"
          " CHECK ((wake_at IS NULL) ="
          " (phase = 'completed' OR phase = 'faulted' OR phase = 'cancelled'))) WITHOUT ROWID",
          "INSERT INTO executions_next SELECT id, shard, namespace, workflow, version, digest, phase, outcome, status,"
          " labels, started_at, ended_at, wake_at, open_incidents, idempotency_key, idempotency_fingerprint, replay_of,"
          " resting FROM executions",
          "DROP TABLE executions",
          "ALTER TABLE executions_next RENAME TO executions",
          "CREATE INDEX executions_wake ON executions (resting, wake_at, id) WHERE wake_at IS NOT NULL",
          "CREATE UNIQUE INDEX executions_key ON executions (namespace, workflow, idempotency_key)"
          " WHERE idempotency_key IS NOT NULL",
          "CREATE INDEX executions_incidents ON executions (id) WHERE open_incidents > 0",
      },
      event_tables({"INTEGER PRIMARY KEY AUTOINCREMENT", "", " WITHOUT ROWID"}),
      outbox_tables({"INTEGER PRIMARY KEY AUTOINCREMENT", "", " WITHOUT ROWID"}),
      schedule_tables({"", "", " WITHOUT ROWID"}),
      {
          // What an execution runs is kept as long as it is.
          "ALTER TABLE executions ADD COLUMN parent TEXT",
          "CREATE INDEX executions_parent ON executions (parent, id) WHERE parent IS NOT NULL",
      },
      unique_columns(),
      {"ALTER TABLE definitions ADD COLUMN documents TEXT NOT NULL DEFAULT '{}'"},  // texts by the URI that names them
      collection_tables({"", "", " WITHOUT ROWID"}),
  };
  return versions;
}

constexpr int kPageBytes = 8192;
// A checkpoint copies the log's pages back with an fsync of its own: rarely, but before it stalls a commit for long.
constexpr int kCheckpointPages = 2000;

// Every session is used by one thread at a time, so SQLite needs no locks of its own around each call; and nobody reads
// its memory statistics, which cost a global lock an allocation. Refused, and then without effect, where the process
// has used SQLite before.
void configure_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite_api::sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite_api::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  });
}

class SqliteDialect final : public Dialect {
 public:
  explicit SqliteDialect(SqliteOptions options) : options_(std::move(options)) {}

  void open(soci::session& session, bool writer) const override {
    session.open(soci::sqlite3, fmt::format("dbname=\"{}\"", options_.path));
    sqlite_api::sqlite3_extended_result_codes(handle(session), 1);
    session << fmt::format("PRAGMA busy_timeout = {}", options_.busy_timeout.count());
    session << fmt::format("PRAGMA page_size = {}", kPageBytes);  // of a new file only
    std::string mode;
    session << "PRAGMA journal_mode = WAL", soci::into(mode);
    if (mode != "wal") throw soci::soci_error("SQLite refuses the write-ahead log for " + options_.path);
    session << "PRAGMA synchronous = FULL";
    session << "PRAGMA temp_store = MEMORY";
    session << "PRAGMA foreign_keys = OFF";
    session << (writer ? "PRAGMA cache_size = -32768" : "PRAGMA cache_size = -4096");
    if (!writer) {
      session << "PRAGMA query_only = ON";
      return;
    }
    session << fmt::format("PRAGMA wal_autocheckpoint = {}", kCheckpointPages);
    session << fmt::format("PRAGMA journal_size_limit = {}", 4 * kCheckpointPages * kPageBytes);
    if (options_.bytes_max > 0) session << fmt::format("PRAGMA max_page_count = {}", options_.bytes_max / kPageBytes);
  }

  bool replaces_sessions() const override { return false; }

  std::string name_writer(soci::session&, const std::string&) const override { return {}; }
  // The lock file beside the database sees to it.
  std::string lock_schema() const override { return {}; }
  std::string unlock_schema() const override { return {}; }

  std::string begin_write() const override { return "BEGIN IMMEDIATE"; }

  const std::vector<std::vector<std::string>>& migrations() const override { return sqlite_migrations(); }

  Failure classify(const std::exception& error) const override {
    const auto* sqlite_error = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
    if (!sqlite_error) return Failure::kStorage;
    const int code = sqlite_error->result();
    if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE) return Failure::kExists;
    switch (code & 0xFF) {
      case SQLITE_CONSTRAINT:
      case SQLITE_TOOBIG:
      case SQLITE_MISMATCH:
      case SQLITE_RANGE:
        return Failure::kRefused;
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        return Failure::kBusy;
      case SQLITE_FULL:
        return Failure::kFull;
      default:
        return Failure::kStorage;
    }
  }

  // Full: the frame that makes the commit valid is the last one written, and it did not fit.
  bool commit_failure_is_definite(const std::exception& error) const override {
    return dynamic_cast<const soci::sqlite3_soci_error*>(&error) && classify(error) != Failure::kStorage;
  }

  bool is_idle(soci::session& session) const override {
    return sqlite_api::sqlite3_get_autocommit(handle(session)) != 0;
  }

  std::unique_ptr<BatchTransaction> make_batch(soci::session& session, const Owner& owner) const override {
    return make_row_transaction(session, *this, owner);
  }

  std::string ownership_condition(const Owner& owner) const override {
    return fmt::format("EXISTS (SELECT 1 FROM shards AS s WHERE s.id = 0 AND s.epoch = {})", owner.number());
  }

  std::string label_condition(const std::string& key, const std::string& value) const override {
    return fmt::format("EXISTS (SELECT 1 FROM json_each(labels) AS l WHERE l.key = {} AND l.value = {})", key, value);
  }

  std::string text_condition(const std::string& part, const std::string& same_part) const override {
    return fmt::format(
        "(instr(lower(id || char(10) || coalesce(idempotency_key, '') || char(10) || status), {}) > 0"
        " OR EXISTS (SELECT 1 FROM json_each(labels) AS l WHERE instr(lower(l.value), {}) > 0))",
        part, same_part);
  }

 private:
  static sqlite_api::sqlite3* handle(soci::session& session) {
    return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
  }

  SqliteOptions options_;
};

}  // namespace

std::unique_ptr<Dialect> make_sqlite_dialect(SqliteOptions options) {
  configure_library();
  return std::make_unique<SqliteDialect>(std::move(options));
}

std::string message_of(const std::exception& error) {
  const auto* soci_error = dynamic_cast<const soci::soci_error*>(&error);
  return soci_error ? soci_error->get_error_message() : error.what();
}

}  // namespace skald::storage
