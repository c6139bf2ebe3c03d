#include <fmt/format.h>
#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <array>
#include <map>
#include <memory>

#include "storage/batch_transaction.hpp"
#include "storage/dialect.hpp"

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
  };
  return versions;
}

// A connection that is gone must be noticed within seconds on either side, and nothing may wait for ever. What the URL
// says counts.
constexpr std::array<std::pair<const char*, const char*>, 7> kDefaults = {{
    {"application_name", "skald"},
    {"connect_timeout", "5"},
    {"keepalives", "1"},
    {"keepalives_idle", "5"},
    {"keepalives_interval", "2"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "10000"},
}};
constexpr std::array<const char*, 5> kTimeouts = {
    "SET statement_timeout = '30s'",
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 3",
    "SET idle_in_transaction_session_timeout = '30s'",
};
// The writer's statement joins the batch with big tables by their keys. A plan made while they were empty would scan
// them for good.
constexpr std::array<const char*, 4> kPlans = {"SET enable_seqscan = off", "SET enable_hashjoin = off",
                                               "SET enable_mergejoin = off", "SET jit = off"};

// Of the writer, for as long as its connection lives: "skald" in ASCII.
constexpr long long kLockKey = 0x736b616c64;
constexpr int kEndMillis = 5000;
// Longer than any statement may take: the server would have ended it and said so.
constexpr std::chrono::seconds kSilenceMax{35};

// libpq's keyword/value form of the URL with our defaults. Throws std::runtime_error for one that libpq refuses.
std::string connection_string(const std::string& url) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), &message),
                                                                             PQconninfoFree);
  if (!options) {
    const std::string why = message ? message : "it cannot be read";
    PQfreemem(message);
    throw std::runtime_error(why);
  }
  std::map<std::string, std::string> values(kDefaults.begin(), kDefaults.end());
  for (const auto* option = options.get(); option->keyword; ++option) {
    if (option->val) values[option->keyword] = option->val;
  }
  std::string text;
  for (const auto& [keyword, value] : values) {
    text += keyword + "='";
    for (const char c : value) {
      if (c == '\'' || c == '\\') text += '\\';
      text += c;
    }
    text += "' ";
  }
  return text;
}

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
  PostgresDialect(const std::string& url, Millis busy_timeout)
      : connection_(connection_string(url)), busy_timeout_(busy_timeout) {}

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

  std::optional<std::string> claim(soci::session& session, const std::string& before) const override {
    session << "SELECT pg_terminate_backend(pid, " << kEndMillis << ") FROM pg_stat_activity"
            << " WHERE pid || ' ' || backend_start = :before",
        soci::use(before);
    // The server lets go of a dead process's lock when it notices, which may be a moment after that process has ended.
    try {
      session << "SELECT pg_advisory_lock(" << kLockKey << ")";
    } catch (const std::exception& error) {
      if (classify(error) != Failure::kBusy) throw;
      return std::nullopt;
    }
    std::string name;
    session << "SELECT pid || ' ' || backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()",
        soci::into(name);
    return name;
  }

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

  std::unique_ptr<BatchTransaction> make_batch(soci::session& session, std::uint64_t epoch) const override {
    return make_statement_transaction(session, *this, epoch);
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

std::unique_ptr<Dialect> make_postgres_dialect(const std::string& url, Millis busy_timeout) {
  return std::make_unique<PostgresDialect>(url, busy_timeout);
}

}  // namespace skald::storage
