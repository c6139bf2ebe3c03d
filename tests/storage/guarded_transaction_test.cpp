#include "storage/guarded_transaction.hpp"

#include <gmock/gmock.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include "storage/dialect.hpp"
#include "storage/postgres_connection.hpp"
#include "tests/storage/postgres_server.hpp"
#include "tests/storage/sqlite_fixture.hpp"

namespace skald::storage::test {
namespace {

class GuardedTransactionTest : public SqliteTest {
 protected:
  GuardedTransactionTest() {
    dialect_->open(session_, true);
    session_ << "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)";
  }

  std::string rows() { return PlainConnection(path_).run("SELECT count(*) FROM t"); }

  std::unique_ptr<Dialect> dialect_ = make_sqlite_dialect({path_, Millis(20), 256 * 1024});
  soci::session session_;
};

TEST_F(GuardedTransactionTest, CommitsWhatWentWell) {
  GuardedTransaction transaction(session_, *dialect_);
  transaction.run([&] { session_ << "INSERT INTO t VALUES (1, 'x')"; });
  transaction.commit();
  EXPECT_TRUE(dialect_->is_idle(session_));
  EXPECT_EQ(rows(), "1");
}

TEST_F(GuardedTransactionTest, RollsBackWhatIsLeft) {
  {
    GuardedTransaction(session_, *dialect_).run([&] { session_ << "INSERT INTO t VALUES (1, 'x')"; });
  }
  EXPECT_TRUE(dialect_->is_idle(session_));
  EXPECT_EQ(rows(), "0");
}

TEST_F(GuardedTransactionTest, IsDoomedByAnErrorEvenWhereThatIsSwallowed) {
  {
    GuardedTransaction transaction(session_, *dialect_);
    transaction.run([&] { session_ << "INSERT INTO t VALUES (1, 'x')"; });
    EXPECT_THROW(transaction.run([&] { session_ << "INSERT INTO t VALUES (1, 'y')"; }), soci::soci_error);
    EXPECT_TRUE(transaction.is_doomed());
    EXPECT_THROW(transaction.commit(), std::logic_error);
  }
  EXPECT_EQ(rows(), "0");
}

// What SOCI does by itself: after SQLITE_FULL has ended the transaction, the next statement commits alone.
TEST_F(GuardedTransactionTest, SociAloneLosesATransactionThatTheGuardKeeps) {
  const auto fill = [&] { session_ << "INSERT INTO t VALUES (1, zeroblob(1000000))"; };
  session_.begin();
  session_ << "INSERT INTO t VALUES (10, 'first')";
  EXPECT_THROW(fill(), soci::soci_error);
  session_ << "INSERT INTO t VALUES (11, 'second')";
  EXPECT_EQ(PlainConnection(path_).run("SELECT group_concat(a) FROM t"), "11");
  EXPECT_THROW(session_.commit(), soci::soci_error);
  session_ << "DELETE FROM t";
  {
    GuardedTransaction transaction(session_, *dialect_);
    transaction.run([&] { session_ << "INSERT INTO t VALUES (10, 'first')"; });
    EXPECT_THROW(transaction.run(fill), soci::soci_error);
    EXPECT_THROW(transaction.commit(), std::logic_error);
  }
  EXPECT_TRUE(dialect_->is_idle(session_));
  EXPECT_EQ(rows(), "0");
}

// A plain BEGIN takes no lock, so the first write of it meets the other's commit and fails at once.
TEST_F(GuardedTransactionTest, BeginsWithTheWriteLock) {
  GuardedTransaction transaction(session_, *dialect_);
  PlainConnection other(path_);
  EXPECT_THROW(other.run("BEGIN IMMEDIATE"), std::runtime_error);
}

TEST_F(GuardedTransactionTest, ErrorsAreToldApart) {
  const auto classify = [&](const std::string& sql) {
    try {
      session_ << sql;
    } catch (const std::exception& error) {
      return dialect_->classify(error);
    }
    return Failure::kStorage;
  };
  session_ << "INSERT INTO t VALUES (1, 'x')";
  session_ << "CREATE TABLE checked (a CHECK (a > 0))";
  EXPECT_EQ(classify("INSERT INTO t VALUES (1, 'x')"), Failure::kExists);
  EXPECT_EQ(classify("INSERT INTO checked VALUES (0)"), Failure::kRefused);
  EXPECT_EQ(classify("INSERT INTO t VALUES (2, zeroblob(2000000000))"), Failure::kRefused);
  EXPECT_EQ(classify("INSERT INTO t VALUES (2, zeroblob(2000000))"), Failure::kFull);
  PlainConnection other(path_);
  other.run("BEGIN IMMEDIATE");
  EXPECT_EQ(classify("INSERT INTO t VALUES (2, 'x')"), Failure::kBusy);
}

class GuardedTransactionOnPostgres : public testing::Test {
 protected:
  GuardedTransactionOnPostgres() {
    dialect_->open(session_, true);
    session_ << "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)";
  }

  void write() { session_ << "INSERT INTO t VALUES (1, 'x')"; }

  int rows() {
    int count = -1;
    soci::session other(soci::postgresql, url_);
    other << "SELECT count(*) FROM t", soci::into(count);
    return count;
  }

  std::string url_ = PostgresServer::shared().make_database();
  std::unique_ptr<Dialect> dialect_ = make_postgres_dialect(postgres_connection(url_), std::chrono::seconds(5));
  soci::session session_;
};

// The server answers a COMMIT of what has failed with ROLLBACK, and that is no error.
TEST_F(GuardedTransactionOnPostgres, SociAloneCommitsNothingAndDoesNotSaySo) {
  session_.begin();
  write();
  EXPECT_THROW(write(), soci::soci_error);
  EXPECT_NO_THROW(session_.commit());
  EXPECT_TRUE(dialect_->is_idle(session_));
  EXPECT_EQ(rows(), 0);
}

TEST_F(GuardedTransactionOnPostgres, IsDoomedByAnErrorEvenWhereThatIsSwallowed) {
  {
    GuardedTransaction transaction(session_, *dialect_);
    transaction.run([&] { write(); });
    EXPECT_THROW(transaction.run([&] { write(); }), soci::soci_error);
    EXPECT_TRUE(transaction.is_doomed());
    EXPECT_THROW(transaction.commit(), std::logic_error);
  }
  EXPECT_TRUE(dialect_->is_idle(session_));
  EXPECT_EQ(rows(), 0);
}

}  // namespace
}  // namespace skald::storage::test
