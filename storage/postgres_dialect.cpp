#include <fmt/format.h>
#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <array>
#include <memory>

#include "storage/batch_transaction.hpp"
#include "storage/dialect.hpp"
#include "storage/event_tables.hpp"
#include "storage/postgres_notices.hpp"

namespace skald::storage {
namespace {

// Ids are compared byte by byte, as everywhere else; a page of `executions` keeps room for the new versions of its
// rows.
const std::vector<std::vector<std::string>>& postgres_migrations() {
  static const std::vector<std::vector<std::string>> versions = {
      {
          "CREATE TABLE history (execution TEXT COLLATE \"C\" NOT NULL, position BIGINT NOT NULL, epoch BIGINT NOT "
          "NULL,"
          " at BIGINT NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL, step TEXT NOT NULL,"
          " attempt BIGINT NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL,"
          " PRIMARY KEY (execution, position))",
          "CREATE TABLE executions (id TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, shard INTEGER NOT NULL,"
          " namespace TEXT NOT NULL, workflow TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL,"
          " phase TEXT NOT NULL, outcome TEXT NOT NULL, status TEXT NOT NULL, labels TEXT NOT NULL,"
          " started_at BIGINT NOT NULL, ended_at BIGINT, wake_at BIGINT, open_incidents BIGINT NOT NULL,"
          " idempotency_key TEXT, idempotency_fingerprint TEXT NOT NULL, replay_of TEXT,"
          " CHECK ((wake_at IS NULL) = (phase IN ('completed', 'faulted', 'cancelled')))) WITH (fillfactor = 80)",
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
          // Several nodes: the lease is the node's, one row to renew for all its shards.
          "CREATE TABLE nodes (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
          " address TEXT NOT NULL, version TEXT NOT NULL, started_at BIGINT NOT NULL, lease_until BIGINT NOT NULL,"
          " draining BOOLEAN NOT NULL)",
          "ALTER TABLE shards DROP COLUMN lease_until, ALTER COLUMN owner DROP NOT NULL,"
          " ALTER COLUMN owner TYPE BIGINT USING NULL",
          "INSERT INTO shards (id, owner, epoch) SELECT s.id, NULL, (SELECT coalesce(max(epoch), 0) FROM shards)"
          " FROM generate_series(0, 255) AS s(id) ON CONFLICT DO NOTHING",
          "CREATE TABLE inbox (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, execution TEXT COLLATE \"C\" NOT "
          "NULL,"
          " shard INTEGER NOT NULL, command TEXT NOT NULL, at BIGINT NOT NULL, answer TEXT)",
          "CREATE INDEX inbox_open ON inbox (id) WHERE answer IS NULL",
      },
      {
          // With millions of rows a fifth of them, dead or new, is too much to wait for.
          "ALTER TABLE history SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = "
          "0.05,"
          " autovacuum_analyze_scale_factor = 0.05)",
          "ALTER TABLE executions SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05)",
      },
      {
          // Recovery asks for what does not rest, the due poller for what is due: each a range of one index. What was
          // written before is looked at once.
          "ALTER TABLE executions ADD COLUMN resting INTEGER NOT NULL DEFAULT 0",
          "DROP INDEX executions_wake",
          "CREATE INDEX executions_wake ON executions (resting, wake_at, id) WHERE wake_at IS NOT NULL",
      },
      event_tables({"BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "COLLATE \"C\" ", ""}),
      outbox_tables({"BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "COLLATE \"C\" ", ""}),
      {
          "ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05)",
      },
      schedule_tables({"", "COLLATE \"C\" ", ""}),
      {
          // What an execution runs is kept as long as it is.
          "ALTER TABLE executions ADD COLUMN parent TEXT COLLATE \"C\"",
          "CREATE INDEX executions_parent ON executions (parent, id) WHERE parent IS NOT NULL",
      },
      unique_columns(),
      {"ALTER TABLE definitions ADD COLUMN documents TEXT NOT NULL DEFAULT '{}'"},  // texts by the URI that names them
      collection_tables({"", "COLLATE \"C\" ", ""}),
  };
  return versions;
}

// A connection that is gone must be noticed within seconds on either side, and nothing may wait for ever.
constexpr std::array<const char*, 5> kTimeouts = {
    "SET statement_timeout = '30s'",
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 3",
    "SET idle_in_transaction_session_timeout = '5s'",
};
// The writer's statement joins the batch with big tables by their keys. A plan made while they were empty would scan
// them for good.
constexpr std::array<const char*, 4> kPlans = {"SET enable_seqscan = off", "SET enable_hashjoin = off",
                                               "SET enable_mergejoin = off", "SET jit = off"};

// Of who migrates: "skald" in ASCII.
constexpr long long kSchemaLock = 0x736b616c64;
constexpr int kEndMillis = 5000;
// Longer than any statement may take: the server would have ended it and said so.
constexpr std::chrono::seconds kSilenceMax{35};

// What makes an acknowledged commit survive the server's power.
void demand_durability(soci::session& session) {
  for (const char* setting : {"fsync", "synchronous_commit", "full_page_writes"}) {
    std::string value;
    session << fmt::format("SELECT current_setting('{}')", setting), soci::into(value);
    if (value == "off" || value == "local") {
      throw soci::soci_error(
          fmt::format("the server has {} = {}: a commit that it acknowledges may be lost", setting, value));
    }
  }
}

class PostgresDialect final : public Dialect {
 public:
  PostgresDialect(std::string connection, Millis busy_timeout)
      : connection_(std::move(connection)), busy_timeout_(busy_timeout) {}

  void open(soci::session& session, bool writer) const override {
    session.open(soci::postgresql, connection_);
    PQsetNoticeProcessor(connection_of(session), [](void*, const char*) {}, nullptr);
    for (const char* statement : kTimeouts) session << statement;
    session << fmt::format("SET lock_timeout = '{}ms'", busy_timeout_.count());
    if (!writer) {
      session << "SET default_transaction_read_only = on";
      return;
    }
    demand_durability(session);
    for (const char* statement : kPlans) session << statement;
  }

  bool replaces_sessions() const override { return true; }

  std::string name_writer(soci::session& session, const std::string& before) const override {
    session << "SELECT pg_terminate_backend(pid, " << kEndMillis << ") FROM pg_stat_activity"
            << " WHERE pid || ' ' || backend_start = :before",
        soci::use(before);
    long long left = 0;
    session << "SELECT count(*) FROM pg_stat_activity WHERE pid || ' ' || backend_start = :before", soci::use(before),
        soci::into(left);
    if (left > 0) throw soci::soci_error("the server has not ended the lost connection yet");
    std::string name;
    session << "SELECT pid || ' ' || backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()",
        soci::into(name);
    return name;
  }

  std::string lock_schema() const override { return fmt::format("SELECT pg_advisory_lock({})", kSchemaLock); }
  std::string unlock_schema() const override { return fmt::format("SELECT pg_advisory_unlock({})", kSchemaLock); }
  std::string lock_definitions() const override { return "LOCK TABLE definitions IN SHARE ROW EXCLUSIVE MODE"; }
  std::string announce_definitions() const override { return fmt::format("NOTIFY {}", kDefinitionsChannel); }

  SilenceWatch::Guard watch(soci::session& session) const override {
    return silence_.watch(session.get_backend() ? PQsocket(connection_of(session)) : -1);
  }

  std::string begin_write() const override { return "BEGIN"; }

  const std::vector<std::vector<std::string>>& migrations() const override { return postgres_migrations(); }

  // Classes of SQLSTATE: PostgreSQL 15, appendix A.
  Failure classify(const std::exception& error) const override {
    const std::string state = state_of(error);
    if (state == "23505") return Failure::kExists;
    const std::string_view group = std::string_view(state).substr(0, 2);
    if (group == "22" || group == "23" || state == "54000") return Failure::kRefused;
    if (group == "40" || state == "55P03" || state == "57014") return Failure::kBusy;
    if (state == "53100") return Failure::kFull;
    return Failure::kStorage;
  }

  // The server has answered, and not while it was going down.
  bool commit_failure_is_definite(const std::exception& error) const override {
    const std::string state = state_of(error);
    return state.size() == 5 && !state.starts_with("08") && !state.starts_with("57P");
  }

  bool is_idle(soci::session& session) const override {
    const PGconn* connection = connection_of(session);
    return PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE;
  }

  std::unique_ptr<BatchTransaction> make_batch(soci::session& session, const Owner& owner) const override {
    return make_statement_transaction(session, *this, owner);
  }

  std::string ownership_condition(const Owner& owner) const override {
    return fmt::format("EXISTS (SELECT 1 FROM shards AS s WHERE s.id = executions.shard AND s.owner = {})",
                       owner.number());
  }

  std::string label_condition(const std::string& key, const std::string& value) const override {
    return fmt::format("CAST(labels AS jsonb) ->> CAST({} AS text) = {}", key, value);
  }

  std::string text_condition(const std::string& part, const std::string& same_part) const override {
    return fmt::format(
        "(strpos(lower(id || chr(10) || coalesce(idempotency_key, '') || chr(10) || status), {}) > 0"
        " OR EXISTS (SELECT 1 FROM jsonb_each_text(CAST(labels AS jsonb)) AS l WHERE strpos(lower(l.value), {}) > 0))",
        part, same_part);
  }

 private:
  static PGconn* connection_of(soci::session& session) {
    return static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_;
  }

  // Blank where no server has answered.
  static std::string state_of(const std::exception& error) {
    const auto* known = dynamic_cast<const soci::postgresql_soci_error*>(&error);
    if (!known) return {};
    const std::string state = known->sqlstate();
    return state.find_first_not_of(" 0") == std::string::npos ? std::string() : state;
  }

  std::string connection_;
  Millis busy_timeout_;
  mutable SilenceWatch silence_{kSilenceMax};
};

}  // namespace

std::unique_ptr<Dialect> make_postgres_dialect(std::string connection, Millis busy_timeout) {
  return std::make_unique<PostgresDialect>(std::move(connection), busy_timeout);
}

}  // namespace skald::storage
