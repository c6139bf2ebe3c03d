// Unique keys of executions whose rows somebody else changes in that moment.
#include <gmock/gmock.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <future>
#include <thread>

#include "storage/batch_transaction.hpp"
#include "storage/batch_writer.hpp"
#include "storage/dialect.hpp"
#include "storage/postgres_connection.hpp"
#include "tests/storage/postgres_server.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;
using testing::ElementsAre;

constexpr Millis kWithin = std::chrono::seconds(10);

// A writer whose batches are given to it as they are.
class PostgresUnique : public testing::Test {
 protected:
  PostgresUnique() {
    StoreOptions options{.clock = clock_, .telemetry = telemetry_, .log = log_};
    options.node.name = "one";
    store_ = open_store(url_, options).value();
    store_->leases()->renew(MemberMode::kServing).value();
  }

  static Append start_about(std::uint64_t n, const std::string& key, Millis after = Millis(0)) {
    auto append = start(execution(n));
    append.create->started_at = kBegin + after;
    append.create->unique = UniqueKey{.key = key, .until = kBegin + after + kWithin};
    return append;
  }

  std::vector<Verdict> write(const std::vector<Append>& appends, Millis busy_timeout) {
    const auto dialect = make_postgres_dialect(postgres_connection(url_), busy_timeout);
    soci::session session;
    dialect->open(session, true);
    const Owner owner(1);  // the first row of `nodes`
    BatchWriter writer(session, *dialect, owner);
    std::vector<AppendGroup> groups;
    for (const auto& append : appends) groups.push_back({.appends = {append}, .ticket = groups.size()});
    std::vector<Verdict> verdicts;
    for (const auto& result : writer.write(groups)) verdicts.push_back(result.verdict);
    return verdicts;
  }

  // At most half a minute.
  bool somebody_waits() {
    soci::session session(soci::postgresql, url_);
    long long waiting = 0;
    for (int i = 0; i < 3'000 && waiting == 0; ++i) {
      std::this_thread::sleep_for(Millis(10));
      session << "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                 " AND wait_event_type = 'Lock'",
          soci::into(waiting);
    }
    return waiting > 0;
  }

  std::string url_ = PostgresServer::shared().make_database();
  TestClock clock_;
  SilentTelemetry telemetry_;
  SilentLog log_;
  std::unique_ptr<Store> store_;
};

// Another batch changes both of those whose time is over, the later one first.
TEST_F(PostgresUnique, ABatchThatTakesKeysOverIsInNobodysWay) {
  commit(*store_, start_about(1, "o1"));
  commit(*store_, start_about(2, "o2"));
  soci::session other(soci::postgresql, url_);
  const auto change = [&](std::uint64_t n) {
    other << "UPDATE executions SET status = 'CHANGED' WHERE id = '" + to_string(execution(n)) + "'";
  };
  other << "BEGIN";
  change(2);
  auto verdicts = std::async(std::launch::async, [&] {
    return write({start_about(3, "o1", kWithin), start_about(4, "o2", kWithin)}, std::chrono::seconds(10));
  });
  EXPECT_TRUE(somebody_waits());
  EXPECT_NO_THROW(change(1));
  other << "COMMIT";
  EXPECT_THAT(verdicts.get(), ElementsAre(Verdict::kWritten, Verdict::kWritten));
}

TEST_F(PostgresUnique, WhoseKeyCannotBeTakenOverLeavesTheRestOfTheBatchAlone) {
  commit(*store_, start_about(1, "o1"));
  soci::session other(soci::postgresql, url_);
  other << "BEGIN";
  std::string id;
  other << "SELECT id FROM executions FOR UPDATE", soci::into(id);
  const auto about_both = [](std::uint64_t n) {
    return std::vector<Append>{start_about(n, "o1", kWithin), start_about(n + 1, "o2", kWithin),
                               start(execution(n + 2))};
  };
  EXPECT_THAT(write(about_both(2), Millis(50)), ElementsAre(Verdict::kConflict, Verdict::kWritten, Verdict::kWritten));
  other << "ROLLBACK";
  EXPECT_THAT(write({start_about(5, "o1", kWithin)}, Millis(50)), ElementsAre(Verdict::kWritten));
}

}  // namespace
}  // namespace skald::storage::test
