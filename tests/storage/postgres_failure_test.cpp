#include <fmt/format.h>
#include <gmock/gmock.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <atomic>
#include <map>
#include <random>
#include <set>
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
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kOthers = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

class PostgresFailure : public testing::Test {
 protected:
  StoreOptions options() {
    return {.clock = clock_, .telemetry = telemetry_, .log = log_, .on_fatal = [this](const Error& error) {
              fatal_.push_back(error.code);
            }};
  }
  // A node with all the shards that are free.
  std::unique_ptr<Store> open(std::size_t writers = 2, Millis busy_timeout = std::chrono::seconds(5)) {
    auto own = options();
    own.node.name = "one";
    own.writers = writers;
    own.busy_timeout = busy_timeout;
    auto store = open_store(url_, own).value();
    store->leases()->renew(MemberMode::kServing).value();
    return store;
  }

  // The n-th execution of those that go through the first or the second of two writers.
  static ExecutionId of_writer(std::uint32_t writer, std::uint64_t n) {
    for (std::uint64_t i = 1;; ++i) {
      if (shard_of(execution(i)) % 2 == writer && --n == 0) return execution(i);
    }
  }

  // A connection that knows nothing of the store.
  void run(const std::string& sql) {
    soci::session session(soci::postgresql, url_);
    session << sql;
  }
  void cut_connections() { run(std::string("SELECT pg_terminate_backend(pid, 5000) ") + kOthers); }

  // Until the store has its session again: at most half a minute.
  AppendResult commit_again(Store& store, const Append& append) {
    for (int i = 0; i < 300; ++i) {
      const auto result = commit(store, append);
      if (result.verdict == Verdict::kWritten) return result;
      std::this_thread::sleep_for(Millis(100));
    }
    return {};
  }

  // A session has told the server's statistics what it met when it has ended.
  long long deadlocks() {
    soci::session session(soci::postgresql, url_);
    long long count = -1;
    for (int left = 1; left > 0;) session << std::string("SELECT count(*) ") + kOthers, soci::into(left);
    session << "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()", soci::into(count);
    return count;
  }

  // Asks for nothing but its health: at most half a minute.
  bool becomes_writable(Store& store) {
    for (int i = 0; i < 300 && !store.is_writable(); ++i) std::this_thread::sleep_for(Millis(100));
    return store.is_writable();
  }

  PostgresServer& server_ = PostgresServer::shared();
  std::string url_ = server_.make_database();
  TestClock clock_;
  RecordingTelemetry telemetry_;
  ports::SilentLog log_;
  std::vector<std::string> fatal_;
};

TEST_F(PostgresFailure, ALostConnectionLeavesTheBatchUnknownAndIsReplaced) {
  auto store = open(1);
  EXPECT_EQ(commit(*store, start(execution(1))).verdict, Verdict::kWritten);
  cut_connections();
  const auto result = commit(*store, start(execution(2)));
  EXPECT_EQ(result.verdict, Verdict::kUnknown);
  EXPECT_EQ(result.error->code, "store.unknown");
  EXPECT_EQ(result.error->remedy, "the histories are read again over a new connection");
  EXPECT_EQ(commit(*store, start(execution(3))).verdict, Verdict::kWritten);
  EXPECT_TRUE(store->is_writable());
  EXPECT_THAT(live(*store), ElementsAre(execution(1), execution(3)));
  EXPECT_THAT(fatal_, IsEmpty());
}

TEST_F(PostgresFailure, EachOfTwoWritersIsReplacedByItself) {
  auto store = open(2);
  cut_connections();
  EXPECT_EQ(commit(*store, start(of_writer(0, 1))).verdict, Verdict::kUnknown);
  EXPECT_EQ(commit(*store, start(of_writer(0, 2))).verdict, Verdict::kWritten);
  EXPECT_TRUE(store->is_writable());  // the other has not been asked since
  EXPECT_EQ(commit(*store, start(of_writer(1, 1))).verdict, Verdict::kUnknown);
  EXPECT_FALSE(store->is_writable());
  EXPECT_EQ(commit(*store, start(of_writer(0, 3))).verdict, Verdict::kWritten);
  EXPECT_TRUE(becomes_writable(*store));
  EXPECT_EQ(commit(*store, start(of_writer(1, 2))).verdict, Verdict::kWritten);
  EXPECT_THAT(live(*store), UnorderedElementsAre(of_writer(0, 2), of_writer(0, 3), of_writer(1, 2)));
}

// A replay and the mark on its original, whose executions go through different writers.
TEST_F(PostgresFailure, AGroupIsWrittenWhereItsFirstExecutionIs) {
  auto store = open(2);
  const auto original = of_writer(0, 1);
  EXPECT_EQ(commit(*store, start(original)).verdict, Verdict::kWritten);
  for (std::uint64_t n = 1; n <= 20; ++n) {
    Collector sink;
    const auto first = of_writer(1, 2 * n);
    const auto second = of_writer(1, 2 * n + 1);
    store->append({.appends = {next(original, n), start(first)}, .ticket = 1}, sink);
    store->append({.appends = {next(original, n), start(second)}, .ticket = 2}, sink);
    const auto results = sink.wait(2);
    EXPECT_EQ(results[0].verdict, Verdict::kWritten);
    EXPECT_EQ(results[1].verdict, Verdict::kConflict);
    EXPECT_EQ(commit(*store, next(first, 1)).verdict, Verdict::kWritten);
    EXPECT_FALSE(store->read_execution(second));
  }
}

// Clients that repeat their starts: the same keys, of two workflows, in two batches at once and in whatever order.
TEST_F(PostgresFailure, BatchesWithTheSameKeysDoNotWaitForEachOther) {
  constexpr std::uint64_t kKeys = 100;
  auto store = open(2);
  const auto start_of = [](const ExecutionId& id, std::uint64_t round, std::uint64_t key) {
    auto append = start(id, fmt::format("order-{}-{}", round, key / 2));
    append.create->workflow = key % 2 == 0 ? "checkout" : "billing";
    return append;
  };
  for (std::uint64_t round = 0; round < 20; ++round) {
    Collector sink;
    for (std::uint64_t i = 1; i <= kKeys; ++i) {
      const std::uint64_t n = round * kKeys + i;
      const std::uint64_t other = kKeys + 1 - i;
      store->append({.appends = {start_of(of_writer(0, n), round, i)}, .ticket = i}, sink);
      store->append({.appends = {start_of(of_writer(1, n), round, other)}, .ticket = other}, sink);
    }
    std::map<std::uint64_t, std::multiset<Verdict>> verdicts;
    for (const auto& result : sink.wait(2 * kKeys)) verdicts[result.ticket].insert(result.verdict);
    for (const auto& [key, both] : verdicts) {
      EXPECT_THAT(both, UnorderedElementsAre(Verdict::kWritten, Verdict::kDuplicate)) << key;
    }
  }
  store.reset();
  EXPECT_EQ(deadlocks(), 0);
}

// Starts about the same, each asked for twice: the same unique keys in two batches at once, in whatever order, some of
// them to be taken over.
TEST_F(PostgresFailure, BatchesAboutTheSameDoNotWaitForEachOther) {
  constexpr std::uint64_t kKeys = 100;
  auto store = open(2);
  for (std::uint64_t round = 0; round < 20; ++round) {
    const auto start_of = [&](const ExecutionId& id, std::uint64_t key) {
      auto append = start(id, fmt::format("request-{}", to_string(id)));
      append.create->started_at = kBegin + Millis(round);
      // Every third is over by the next round, the others have their own in each.
      append.create->unique = UniqueKey{.key = fmt::format("{}-{}", key, key % 3 == 0 ? 0 : round),
                                        .until = append.create->started_at + Millis(1)};
      return append;
    };
    Collector sink;
    for (std::uint64_t i = 1; i <= kKeys; ++i) {
      const std::uint64_t n = round * kKeys + i;
      const std::uint64_t other = kKeys + 1 - i;
      store->append({.appends = {start_of(of_writer(0, n), i)}, .ticket = i}, sink);
      store->append({.appends = {start_of(of_writer(1, n), other)}, .ticket = other}, sink);
    }
    std::map<std::uint64_t, std::multiset<Verdict>> verdicts;
    for (const auto& result : sink.wait(2 * kKeys)) verdicts[result.ticket].insert(result.verdict);
    for (const auto& [key, both] : verdicts) {
      EXPECT_THAT(both, UnorderedElementsAre(Verdict::kWritten, Verdict::kTaken)) << key;
    }
  }
  store.reset();
  EXPECT_EQ(deadlocks(), 0);
}

// A batch that is written in several statements, and loses its session in the first one.
TEST_F(PostgresFailure, TheRestOfABatchIsWrittenOverTheNewConnection) {
  const auto store = open();  // makes the tables and takes the shards
  const auto dialect = make_postgres_dialect(postgres_connection(url_), std::chrono::seconds(5));
  soci::session session;
  dialect->open(session, true);
  const Owner owner(1);  // the first row of `nodes`
  BatchWriter writer(session, *dialect, owner);
  cut_connections();
  std::vector<AppendGroup> groups;
  for (std::uint64_t i = 1; i <= 300; ++i) groups.push_back({.appends = {start(execution(i))}, .ticket = i});
  const auto results = writer.write(groups);
  ASSERT_EQ(results.size(), groups.size());
  EXPECT_EQ(results.front().verdict, Verdict::kUnknown);
  EXPECT_EQ(results.back().verdict, Verdict::kWritten);
  EXPECT_EQ(writer.trouble(), std::nullopt);
}

TEST_F(PostgresFailure, ReadsGoOnOverNewConnections) {
  auto store = open();
  commit(*store, start(execution(1)));
  cut_connections();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(store->read_execution(execution(1)));
}

TEST_F(PostgresFailure, DefinitionsAreStoredOverANewConnection) {
  auto store = open();
  StoredDefinition definition{.digest = "d", .namespace_name = "n", .name = "n", .version = "1.0.0"};
  EXPECT_TRUE(store->put_definition(definition));
  cut_connections();
  definition = {.digest = "e", .namespace_name = "n", .name = "n", .version = "1.1.0"};
  EXPECT_EQ(store->put_definition(definition).error().code, "store.unavailable");
  EXPECT_TRUE(store->put_definition(definition));
}

TEST_F(PostgresFailure, AServerThatIsGoneRejectsUntilItIsBack) {
  auto store = open(1);
  EXPECT_EQ(commit(*store, start(execution(1))).verdict, Verdict::kWritten);
  server_.stop();
  EXPECT_EQ(commit(*store, start(execution(2))).verdict, Verdict::kUnknown);
  const auto result = commit(*store, start(execution(3)));
  EXPECT_EQ(result.verdict, Verdict::kRejected);
  EXPECT_EQ(result.error->code, "store.unavailable");
  EXPECT_EQ(store->read_execution(execution(1)).error().code, "store.unavailable");
  EXPECT_FALSE(store->is_writable());
  server_.start();
  EXPECT_EQ(commit_again(*store, start(execution(4))).verdict, Verdict::kWritten);
  EXPECT_TRUE(store->is_writable());
  EXPECT_THAT(live(*store), ElementsAre(execution(1), execution(4)));
  EXPECT_THAT(fatal_, IsEmpty());
}

TEST_F(PostgresFailure, BeingAskedForItsHealthFindsTheServerAgain) {
  auto store = open();
  server_.stop("fast");
  EXPECT_EQ(commit(*store, start(execution(1))).verdict, Verdict::kUnknown);
  EXPECT_FALSE(store->is_writable());
  server_.start();
  EXPECT_TRUE(becomes_writable(*store));
}

// Whoever is told "written" finds it, and what is written of an execution has no gap, while connections are cut at
// random places of a batch. Each cut waits until something was written since the one before: where the disk is slow,
// cuts at fixed intervals let nothing through.
TEST_F(PostgresFailure, NothingAcknowledgedIsLostWhileConnectionsAreCut) {
  auto store = open();
  std::atomic<bool> stop = false;
  std::atomic<std::size_t> rounds_written = 0;
  std::thread cutter([&] {
    std::minstd_rand random(7);
    for (std::size_t seen = 0; !stop; seen = rounds_written) {
      while (!stop && rounds_written == seen) std::this_thread::sleep_for(Millis(1));
      std::this_thread::sleep_for(Millis(random() % 15));
      run(std::string("SELECT pg_terminate_backend(pid) ") + kOthers);  // waits for none of them to end
    }
  });
  std::vector<ExecutionId> written;
  std::size_t unknown = 0;
  for (std::uint64_t round = 0; (rounds_written < 60 || written.size() <= 160 || unknown == 0) && round < 20'000;
       ++round) {
    const auto before = written.size();
    Collector sink;
    for (std::uint64_t i = 0; i < 16; ++i) {
      store->append({.appends = {start(execution(1 + round * 16 + i))}, .ticket = 1 + round * 16 + i}, sink);
    }
    for (const auto& result : sink.wait(16)) {
      if (result.verdict == Verdict::kWritten) written.push_back(execution(result.ticket));
      if (result.verdict == Verdict::kUnknown) ++unknown;
    }
    if (written.size() > before) {
      ++rounds_written;
    } else {
      std::this_thread::sleep_for(Millis(1));  // the new connection is on its way
    }
  }
  stop = true;
  cutter.join();
  EXPECT_GT(unknown, 0u);
  EXPECT_GT(written.size(), 160u);
  store.reset();
  const auto live_now = live(*open());
  const std::set<ExecutionId> found(live_now.begin(), live_now.end());
  for (const auto& id : written) EXPECT_TRUE(found.contains(id)) << to_string(id);
  EXPECT_THAT(fatal_, IsEmpty());
}

TEST_F(PostgresFailure, AnotherOwnerFencesTheAppendsOfItsShards) {
  auto store = open();
  EXPECT_EQ(commit(*store, start(execution(1))).verdict, Verdict::kWritten);
  run("UPDATE shards SET epoch = epoch + 1, owner = NULL WHERE id = " + std::to_string(shard_of(execution(1))));
  EXPECT_EQ(commit(*store, next(execution(1), 1)).verdict, Verdict::kFenced);
  ASSERT_NE(shard_of(execution(2)), shard_of(execution(1)));
  EXPECT_EQ(commit(*store, start(execution(2))).verdict, Verdict::kWritten);
  EXPECT_THAT(fatal_, IsEmpty());
}

TEST_F(PostgresFailure, AWaitingLockIsTriedTwiceAndRejected) {
  auto store = open(1, Millis(50));
  soci::session other(soci::postgresql, url_);
  other << "BEGIN";
  other << "LOCK TABLE history IN ACCESS EXCLUSIVE MODE";
  const auto result = commit(*store, start(execution(1)));
  EXPECT_EQ(result.verdict, Verdict::kRejected);
  EXPECT_EQ(result.error->code, "store.busy");
  EXPECT_FALSE(store->is_writable());
  other << "ROLLBACK";
  EXPECT_TRUE(becomes_writable(*store));  // though the writer that waited has nothing to write
  EXPECT_EQ(commit(*store, start(execution(1))).verdict, Verdict::kWritten);
}

// Waiting for less than two busy timeouts is no trouble that anybody is told of.
TEST_F(PostgresFailure, AShorterLockIsWaitedFor) {
  auto store = open(1, Millis(2'000));
  soci::session other(soci::postgresql, url_);
  other << "BEGIN";
  other << "LOCK TABLE history IN ACCESS EXCLUSIVE MODE";
  Collector sink;
  store->append({.appends = {start(execution(1))}}, sink);
  std::this_thread::sleep_for(Millis(2'500));  // in the middle of the second try
  other << "ROLLBACK";
  EXPECT_EQ(sink.wait(1)[0].verdict, Verdict::kWritten);
  EXPECT_TRUE(store->is_writable());
  EXPECT_THAT(telemetry_.errors(), IsEmpty());
}

TEST_F(PostgresFailure, PlansDoNotRotWhileTheTablesGrow) {
  constexpr long long kCount = 5'000;
  auto store = open(1);
  Collector sink;
  for (std::uint64_t i = 1; i <= kCount; ++i) store->append({.appends = {start(execution(i))}, .ticket = i}, sink);
  sink.wait(kCount);
  // A session tells what it has read about once a second, when it has something to do.
  soci::session other(soci::postgresql, url_);
  long long inserted = 0;
  long long scanned = 0;
  for (std::uint64_t i = kCount + 1; inserted < 2 * kCount && i < kCount + 300; ++i) {
    std::this_thread::sleep_for(Millis(100));
    commit(*store, next(execution(1), i - kCount));
    other << "SELECT sum(n_tup_ins), sum(seq_tup_read) FROM pg_stat_user_tables"
             " WHERE relname IN ('history', 'executions')",
        soci::into(inserted), soci::into(scanned);
  }
  EXPECT_GE(inserted, 2 * kCount);
  EXPECT_LT(scanned, kCount);
}

TEST(PostgresOpen, ServersThatMayForgetAreRefused) {
  for (const char* setting : {"fsync", "synchronous_commit", "full_page_writes"}) {
    PostgresServer server(std::string("-c ") + setting + "=off");
    TestClock clock;
    ports::SilentTelemetry telemetry;
    ports::SilentLog log;
    const auto error = open_store(server.make_database(), {.clock = clock, .telemetry = telemetry, .log = log}).error();
    EXPECT_EQ(error.code, "store.unavailable");
    EXPECT_THAT(error.detail, HasSubstr(std::string("the server has ") + setting + " = off"));
  }
}

TEST(PostgresOpen, ErrorsDoNotTellThePassword) {
  TestClock clock;
  ports::SilentTelemetry telemetry;
  ports::SilentLog log;
  const auto error =
      open_store("postgresql://skald:hunter2@127.0.0.1:1/shop", {.clock = clock, .telemetry = telemetry, .log = log})
          .error();
  EXPECT_EQ(error.code, "store.unavailable");
  EXPECT_EQ(error.subject, "postgresql://skald:***@127.0.0.1:1/shop");
  EXPECT_THAT(to_text(error), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace skald::storage::test
