#include "storage/migrations.hpp"

#include <gmock/gmock.h>
#include <soci/soci.h>

#include "storage/batch_transaction.hpp"
#include "storage/dialect.hpp"
#include "storage/postgres_connection.hpp"
#include "tests/storage/postgres_server.hpp"
#include "tests/storage/sqlite_fixture.hpp"

namespace skald::storage::test {
namespace {

// A dialect with other migrations.
class OtherSchema final : public Dialect {
 public:
  OtherSchema(const Dialect& real, std::vector<std::vector<std::string>> migrations)
      : real_(real), migrations_(std::move(migrations)) {}

  void open(soci::session& session, bool writer) const override { real_.open(session, writer); }
  bool replaces_sessions() const override { return real_.replaces_sessions(); }
  std::string name_writer(soci::session& session, const std::string& before) const override {
    return real_.name_writer(session, before);
  }
  std::string lock_schema() const override { return real_.lock_schema(); }
  std::string unlock_schema() const override { return real_.unlock_schema(); }
  std::string begin_write() const override { return real_.begin_write(); }
  const std::vector<std::vector<std::string>>& migrations() const override { return migrations_; }
  Failure classify(const std::exception& error) const override { return real_.classify(error); }
  bool commit_failure_is_definite(const std::exception& error) const override {
    return real_.commit_failure_is_definite(error);
  }
  bool is_idle(soci::session& session) const override { return real_.is_idle(session); }
  std::unique_ptr<BatchTransaction> make_batch(soci::session& session, const Owner& owner) const override {
    return real_.make_batch(session, owner);
  }
  std::string ownership_condition(const Owner& owner) const override { return real_.ownership_condition(owner); }
  std::string label_condition(const std::string& key, const std::string& value) const override {
    return real_.label_condition(key, value);
  }
  std::string text_condition(const std::string& part, const std::string& same_part) const override {
    return real_.text_condition(part, same_part);
  }

 private:
  const Dialect& real_;
  std::vector<std::vector<std::string>> migrations_;
};

class Migrations : public SqliteTest {
 protected:
  Migrations() { dialect_->open(session_, true); }

  std::string version() { return PlainConnection(path_).run("SELECT max(version) FROM schema_version"); }

  std::unique_ptr<Dialect> dialect_ = make_sqlite_dialect({.path = path_, .busy_timeout = Millis(100)});
  soci::session session_;
};

TEST_F(Migrations, EveryEarlierVersionIsBroughtUp) {
  const auto& all = dialect_->migrations();
  for (std::size_t earlier = 0; earlier <= all.size(); ++earlier) {
    const std::string path = folder_.file("from-" + std::to_string(earlier));
    const auto dialect = make_sqlite_dialect({.path = path, .busy_timeout = Millis(100)});
    const OtherSchema old(*dialect, {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(earlier)});
    soci::session session;
    dialect->open(session, true);
    ASSERT_TRUE(migrate(session, old));
    ASSERT_TRUE(migrate(session, *dialect));
    ASSERT_TRUE(migrate(session, *dialect));  // again: nothing to do
    EXPECT_EQ(PlainConnection(path).run("SELECT max(version) FROM schema_version"), std::to_string(all.size()));
    session.close();
    const auto store = open_store("sqlite:" + path, options()).value();
    EXPECT_EQ(commit(*store, start(execution(1))).verdict, ports::Verdict::kWritten);
  }
}

// Version 3 writes the table of executions anew.
TEST_F(Migrations, ExecutionsOfVersionTwoAreKept) {
  const auto& all = dialect_->migrations();
  ASSERT_TRUE(migrate(session_, OtherSchema(*dialect_, {all.begin(), all.begin() + 2})));
  const std::string columns =
      "id, shard, namespace, workflow, version, digest, phase, outcome, status, labels, started_at, ended_at, wake_at,"
      " open_incidents, idempotency_key, idempotency_fingerprint, replay_of, resting";
  const std::string common = ", 1, 'n', 'w', '1', 'd', ";
  const std::string live = "'a'" + common + "'running', '', 's', '{}', 5, NULL, 7, 2, 'k', 'f', 'r', 1";
  const auto ended = [&](const std::string& id, const std::string& phase, const std::string& wake_at = "NULL") {
    return "'" + id + "'" + common + "'" + phase + "', 'o', 's', '{}', 5, 6, " + wake_at + ", 0, NULL, '', '', 0";
  };
  const std::vector<std::string> rows = {live, ended("b", "completed"), ended("c", "faulted"), ended("d", "cancelled")};
  PlainConnection plain(path_);
  const auto insert = [&](const std::string& row) {
    plain.run("INSERT INTO executions (" + columns + ") VALUES (" + row + ")");
  };
  for (const auto& row : rows) insert(row);
  ASSERT_TRUE(migrate(session_, *dialect_));
  for (const auto& row : rows) {
    EXPECT_EQ(plain.run("SELECT count(*) FROM (SELECT " + columns + " FROM executions INTERSECT SELECT " + row + ")"),
              "1");
  }
  EXPECT_EQ(plain.run("SELECT group_concat(name) FROM (SELECT name FROM sqlite_master WHERE type = 'index'"
                      " AND tbl_name = 'executions' AND sql IS NOT NULL ORDER BY name)"),
            "executions_incidents,executions_key,executions_parent,executions_unique,executions_wake");
  EXPECT_THROW(plain.run("UPDATE executions SET wake_at = NULL WHERE id = 'a'"), std::runtime_error);
  for (const char* phase : {"completed", "faulted", "cancelled"}) {
    EXPECT_THROW(insert(ended("e", phase, "7")), std::runtime_error) << phase;
    EXPECT_NO_THROW(insert(ended(phase, phase))) << phase;
  }
}

TEST_F(Migrations, ANewVersionKeepsWhatIsThere) {
  const OtherSchema first(*dialect_, {{"CREATE TABLE a (x)", "INSERT INTO a VALUES (1)"}});
  const OtherSchema second(*dialect_, {{"never run again"}, {"ALTER TABLE a ADD COLUMN y DEFAULT 2"}});
  ASSERT_TRUE(migrate(session_, first));
  ASSERT_TRUE(migrate(session_, second));
  EXPECT_EQ(PlainConnection(path_).run("SELECT x || ' ' || y FROM a"), "1 2");
  EXPECT_EQ(version(), "2");
}

TEST_F(Migrations, AFailedVersionLeavesTheOneBefore) {
  const OtherSchema broken(*dialect_, {{"CREATE TABLE a (x)"}, {"CREATE TABLE b (x)", "CREATE NONSENSE"}});
  const auto result = migrate(session_, broken);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "store.unavailable");
  EXPECT_THAT(result.error().detail, testing::HasSubstr("NONSENSE"));
  EXPECT_EQ(version(), "1");
  EXPECT_EQ(PlainConnection(path_).run("SELECT count(*) FROM sqlite_master WHERE name = 'b'"), "0");
}

TEST_F(Migrations, ANewerSchemaIsRefused) {
  {
    open();
  }
  PlainConnection(path_).run("INSERT INTO schema_version VALUES (99)");
  const auto error = open(options()).error();
  EXPECT_EQ(to_text(error), path_ + ": the database has schema version 99, this Skald knows " +
                                std::to_string(dialect_->migrations().size()) +
                                "; run the Skald that wrote it, or a newer one");
}

TEST_F(Migrations, SessionsAreSetUpForDurability) {
  const auto text = [](soci::session& session, const std::string& name) {
    std::string value;
    session << "PRAGMA " << name, soci::into(value);
    return value;
  };
  const auto number = [](soci::session& session, const std::string& name) {
    int value = -1;
    session << "PRAGMA " << name, soci::into(value);
    return value;
  };
  soci::session reader;
  dialect_->open(reader, false);
  for (auto* session : {&session_, &reader}) {
    EXPECT_EQ(text(*session, "journal_mode"), "wal");
    EXPECT_EQ(number(*session, "synchronous"), 2);  // FULL
    EXPECT_EQ(number(*session, "foreign_keys"), 0);
    EXPECT_EQ(number(*session, "page_size"), 8192);
    EXPECT_EQ(number(*session, "busy_timeout"), 100);
  }
  EXPECT_EQ(number(session_, "query_only"), 0);
  EXPECT_EQ(number(reader, "query_only"), 1);
  EXPECT_EQ(number(session_, "wal_autocheckpoint"), 2000);
  EXPECT_THROW(reader << "CREATE TABLE t (a)", soci::soci_error);
}

// A PostgreSQL with the schema of an earlier version, and something in each of its tables.
class PostgresMigrations : public testing::TestWithParam<std::size_t> {
 protected:
  PostgresMigrations() {
    dialect_->open(session_, true);
    const auto& all = dialect_->migrations();
    EXPECT_TRUE(migrate(session_,
                        OtherSchema(*dialect_, {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(GetParam())})));
    session_ << "INSERT INTO history VALUES ('x', 1, 2, 3, 'StepStarted', 1, 's', 1, 'ann', '{}')";
    session_
        << "INSERT INTO executions VALUES ('x', 3, 'n', 'w', '1', 'd', 'running', '', 's', '{\"a\":\"b\"}', 5, NULL,"
           " 7, 2, 'k', 'f', 'r'),"
           " ('y', 3, 'n', 'w', '1', 'd', 'faulted', 'o', 's', '{}', 5, 6, NULL, 0, NULL, '', NULL)";
    session_ << "INSERT INTO definitions VALUES ('d', 'n', 'w', '1', 1, 'source', 'file', 4)";
    if (GetParam() == 1) {
      session_ << "INSERT INTO shards VALUES (3, 'local', 9, 100)";
      return;
    }
    tables_.insert(tables_.end(), {"nodes", "shards", "inbox"});
    session_ << "INSERT INTO nodes (name, address, version, started_at, lease_until, draining)"
                " VALUES ('one', '127.0.0.1:1', '0.1', 1, 2, TRUE)";
    session_ << "UPDATE shards SET owner = 1, epoch = 9 WHERE id = 3";
    session_ << "INSERT INTO inbox (execution, shard, command, at, answer) VALUES ('x', 3, '{}', 8, NULL),"
                " ('y', 3, '{}', 8, '{}')";
  }

  std::string text(const std::string& sql) {
    std::string value;
    session_ << sql, soci::into(value);
    return value;
  }
  int number(const std::string& sql) {
    int value = -1;
    session_ << sql, soci::into(value);
    return value;
  }

  std::string url_ = PostgresServer::shared().make_database();
  std::unique_ptr<Dialect> dialect_ = make_postgres_dialect(postgres_connection(url_), std::chrono::seconds(5));
  soci::session session_;
  std::vector<std::string> tables_ = {"history", "executions", "definitions"};  // no later version writes them anew
};

TEST_P(PostgresMigrations, RowsAreKept) {
  std::vector<int> counts;
  for (const auto& table : tables_) {
    session_ << "CREATE TABLE kept_" + table + " AS SELECT to_jsonb(t) AS row FROM " + table + " AS t";
    counts.push_back(number("SELECT count(*) FROM kept_" + table));
    EXPECT_GT(counts.back(), 0) << table;
  }
  ASSERT_TRUE(migrate(session_, *dialect_));
  EXPECT_EQ(number("SELECT max(version) FROM schema_version"), static_cast<int>(dialect_->migrations().size()));
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    const std::string& table = tables_[i];
    EXPECT_EQ(number("SELECT count(*) FROM " + table), counts[i]) << table;
    EXPECT_EQ(number("SELECT count(*) FROM kept_" + table + " AS k JOIN " + table + " AS t ON to_jsonb(t) @> k.row"),
              counts[i])
        << table;
  }
}

// Version 2 takes the owners away, whom nobody knows any more, and goes on from the highest epoch.
TEST_P(PostgresMigrations, NoShardFallsBehindItsEpoch) {
  ASSERT_TRUE(migrate(session_, *dialect_));
  EXPECT_EQ(text("SELECT count(*) || ' from ' || min(id) || ' to ' || max(id) FROM shards"), "256 from 0 to 255");
  EXPECT_EQ(text("SELECT epoch || ' ' || coalesce(owner, 0) FROM shards WHERE id = 3"),
            GetParam() == 1 ? "9 0" : "9 1");
  EXPECT_EQ(number("SELECT count(*) FROM shards WHERE epoch < 9"), GetParam() == 1 ? 0 : 255);
}

INSTANTIATE_TEST_SUITE_P(From, PostgresMigrations,
                         testing::Range(std::size_t{1}, make_postgres_dialect({}, Millis(1))->migrations().size()));

}  // namespace
}  // namespace skald::storage::test
