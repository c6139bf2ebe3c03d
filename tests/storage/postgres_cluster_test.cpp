// Several stores on one PostgreSQL, each a node of the cluster.
#include <gmock/gmock.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <array>
#include <atomic>
#include <set>
#include <thread>

#include "tests/storage/postgres_server.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

class PostgresCluster : public testing::Test {
 protected:
  std::unique_ptr<Store> open(std::string name, std::string version = "9") {
    StoreOptions options{.clock = clock_, .telemetry = telemetry_, .log = log_};
    options.node = {.name = std::move(name),
                    .address = "http://there",
                    .version = std::move(version),
                    .lease = std::chrono::seconds(15)};
    return open_store(url_, options).value();
  }
  static std::vector<HeldShard> renew(Store& store) { return store.leases()->renew(MemberMode::kServing).value().held; }
  // Gives up what is beyond the share, as the engine does once nothing of it is under way.
  static void give_up_excess(Store& store) {
    const auto membership = store.leases()->renew(MemberMode::kServing).value();
    ShardSet excess;
    for (std::size_t i = membership.share; i < membership.held.size(); ++i) excess.set(membership.held[i].shard);
    EXPECT_TRUE(store.leases()->release(excess));
  }
  void run(const std::string& sql) {
    soci::session session(soci::postgresql, url_);
    session << sql;
  }
  void let_lease_run_out(const std::string& name) {
    run("UPDATE nodes SET lease_until = 0 WHERE name = '" + name + "'");
  }
  // Whether a second `act` is told of. The first may be before anybody listens, and the beginning of that is told too.
  template <class Subscribe, class Act>
  static bool is_told(Subscribe subscribe, Act act) {
    std::atomic<int> told = 0;
    const auto wait_for = [&](int count) {
      for (int i = 0; i < 1'000 && told < count; ++i) std::this_thread::sleep_for(Millis(10));
      return told >= count;
    };
    subscribe(std::function<void()>([&] { ++told; }));
    act(1);
    EXPECT_TRUE(wait_for(1));
    std::this_thread::sleep_for(Millis(200));
    const int before = told;
    act(2);
    const bool heard = wait_for(before + 1);
    subscribe(std::function<void()>());
    return heard;
  }
  static Append in_epoch(Append append, const std::vector<HeldShard>& held) {
    append.epoch = 0;
    for (const auto& h : held) {
      if (h.shard == shard_of(append.execution)) append.epoch = h.epoch;
    }
    if (append.create) append.create->shard = shard_of(append.execution);
    return append;
  }
  static std::set<std::uint32_t> ids(const std::vector<HeldShard>& held) {
    std::set<std::uint32_t> found;
    for (const auto& h : held) found.insert(h.shard);
    return found;
  }

  std::string url_ = PostgresServer::shared().make_database();
  TestClock clock_;
  ports::SilentTelemetry telemetry_;
  ports::SilentLog log_;
};

TEST_F(PostgresCluster, NodesThatStartTogetherMakeTheTablesOnce) {
  std::vector<std::thread> starts;
  std::atomic<int> opened = 0;
  for (const char* name : {"one", "two", "three", "four"}) {
    starts.emplace_back([&, name] {
      StoreOptions options{.clock = clock_, .telemetry = telemetry_, .log = log_};
      options.node.name = name;
      const auto store = open_store(url_, options);
      if (store && (*store)->leases()->renew(MemberMode::kServing)) ++opened;
    });
  }
  for (auto& start : starts) start.join();
  EXPECT_EQ(opened, 4);
}

TEST_F(PostgresCluster, WhoIsAloneTakesAllShards) {
  auto store = open("one");
  EXPECT_THAT(renew(*store), AllOf(SizeIs(limits::kShardCount), Each(Field(&HeldShard::epoch, 1))));
  EXPECT_THAT(renew(*store), SizeIs(limits::kShardCount));
}

TEST_F(PostgresCluster, NodesShareAndListThemselves) {
  auto one = open("one"), two = open("two"), three = open("three");
  EXPECT_THAT(renew(*one), SizeIs(256));
  EXPECT_THAT(renew(*two), IsEmpty());
  EXPECT_THAT(renew(*three), IsEmpty());
  give_up_excess(*one);
  const auto second = renew(*two);
  const auto third = renew(*three);
  const auto first = renew(*one);
  EXPECT_THAT(first, SizeIs(86));
  EXPECT_THAT(second, AllOf(SizeIs(86), Each(Field(&HeldShard::epoch, 3))));  // given up, and taken
  EXPECT_THAT(third, SizeIs(84));
  auto all = ids(first);
  all.merge(ids(second));
  all.merge(ids(third));
  EXPECT_THAT(all, SizeIs(256));
  const auto nodes = three->list_nodes().value();
  ASSERT_THAT(nodes, SizeIs(3));
  EXPECT_EQ(nodes[0].name, "one");
  EXPECT_EQ(nodes[0].address, "http://there");
  EXPECT_EQ(nodes[0].version, "9");
  EXPECT_EQ(nodes[0].shards, 86u);
  EXPECT_GT(nodes[0].lease_until, nodes[0].started_at);
  EXPECT_FALSE(nodes[0].draining);
}

TEST_F(PostgresCluster, WhoIsOutdatedServesWhereNobodyNewerDoes) {
  auto old = open("old", "1.9.0"), as_old = open("as old", "1.9.0"), older = open("older", "1.2.10");
  EXPECT_THAT(renew(*as_old), SizeIs(256));
  EXPECT_THAT(renew(*older), IsEmpty());
  EXPECT_EQ(old->leases()->renew(MemberMode::kOutdated)->share, 86u);
  auto next = open("next", "1.10.0-rc.1");
  EXPECT_THAT(renew(*next), IsEmpty());
  EXPECT_EQ(as_old->leases()->renew(MemberMode::kOutdated)->share, 0u);
  EXPECT_TRUE(as_old->leases()->release(ShardSet().set()));
  EXPECT_THAT(old->leases()->renew(MemberMode::kOutdated)->held, IsEmpty());
  EXPECT_EQ(renew(*next).size() + renew(*older).size(), 256u);
  EXPECT_TRUE(next->leases()->leave());
  EXPECT_EQ(old->leases()->renew(MemberMode::kOutdated)->share, 128u);
  EXPECT_EQ(as_old->leases()->renew(MemberMode::kOutdated)->share, 86u);
}

TEST_F(PostgresCluster, WhoIsOutdatedGoesOnWhereTheNewerOneHasDied) {
  auto old = open("old", "1.9.0"), next = open("next", "1.10.0");
  renew(*old);
  renew(*next);
  EXPECT_EQ(old->leases()->renew(MemberMode::kOutdated)->share, 0u);
  EXPECT_TRUE(old->leases()->release(ShardSet().set()));
  EXPECT_THAT(renew(*next), SizeIs(256));
  let_lease_run_out("next");
  EXPECT_TRUE(old->leases()->renew(MemberMode::kOutdated));
  EXPECT_THAT(old->leases()->renew(MemberMode::kOutdated)->held, SizeIs(256));
}

TEST_F(PostgresCluster, OneWhoseLeaseHasRunOutIsEvictedAndFenced) {
  auto one = open("one"), two = open("two");
  const auto before = renew(*one);
  EXPECT_EQ(commit(*one, in_epoch(start(execution(1)), before)).verdict, Verdict::kWritten);
  EXPECT_THAT(renew(*two), IsEmpty());
  let_lease_run_out("one");
  const auto after = renew(*two);
  EXPECT_THAT(after, SizeIs(256));
  EXPECT_EQ(commit(*one, in_epoch(next(execution(1), 1), before)).verdict, Verdict::kFenced);
  EXPECT_EQ(commit(*one, in_epoch(next(execution(1), 1), after)).verdict, Verdict::kFenced);  // not even so
  EXPECT_EQ(commit(*two, in_epoch(next(execution(1), 1), after)).verdict, Verdict::kWritten);
  EXPECT_THAT(renew(*one), IsEmpty());  // a member again
  give_up_excess(*two);
  const auto again = renew(*one);
  EXPECT_THAT(again, SizeIs(128));
  EXPECT_THAT(again, Each(Field(&HeldShard::epoch, 5)));
}

TEST_F(PostgresCluster, WhoFindsAnotherSharingTheShardsOutLooksAgainAtOnce) {
  auto one = open("one");
  soci::session other(soci::postgresql, url_);
  other << "SELECT pg_advisory_lock(" << 0x736b616c646c6561 << ")";
  const auto busy = one->leases()->renew(MemberMode::kServing).value();
  EXPECT_THAT(busy.held, IsEmpty());
  EXPECT_EQ(busy.next_change, Millis(0));
  other << "SELECT pg_advisory_unlock(" << 0x736b616c646c6561 << ")";
  const auto free = one->leases()->renew(MemberMode::kServing).value();
  EXPECT_THAT(free.held, SizeIs(256));
  EXPECT_EQ(free.next_change, std::nullopt);
}

TEST_F(PostgresCluster, ALeaseThatRanOutUnnoticedGoesOn) {
  auto one = open("one");
  const auto before = renew(*one);
  let_lease_run_out("one");
  EXPECT_EQ(renew(*one), before);
  EXPECT_EQ(commit(*one, in_epoch(start(execution(1)), before)).verdict, Verdict::kWritten);
}

TEST_F(PostgresCluster, ARestartUnderTheSameNameGoesOnAtOnce) {
  auto dead = open("one");
  const auto before = renew(*dead);
  auto restarted = open("one");
  EXPECT_THAT(renew(*restarted), SizeIs(256));
  EXPECT_EQ(commit(*dead, in_epoch(start(execution(1)), before)).verdict, Verdict::kFenced);
  EXPECT_EQ(dead->leases()->renew(MemberMode::kServing).error().code, "node.replaced");
}

TEST_F(PostgresCluster, WhoLeavesGivesEverythingUpAndTellsTheOthers) {
  auto one = open("one"), two = open("two");
  renew(*one);
  std::atomic<int> told = 0;
  two->leases()->notify([&] { ++told; });
  renew(*two);
  for (int i = 0; i < 5'000 && told == 0; ++i) std::this_thread::sleep_for(Millis(1));  // of its own joining
  const int before = told;
  EXPECT_TRUE(one->leases()->leave());
  for (int i = 0; i < 5'000 && told == before; ++i) std::this_thread::sleep_for(Millis(1));
  EXPECT_GT(told, before);
  EXPECT_THAT(renew(*two), SizeIs(256));
  EXPECT_EQ(one->leases()->renew(MemberMode::kServing).error().code, "node.left");
  two->leases()->notify({});
}

TEST_F(PostgresCluster, WhoDrainsTakesNothingAndCountsForNobody) {
  auto one = open("one"), two = open("two");
  renew(*one);
  renew(*two);
  const auto draining = one->leases()->renew(MemberMode::kLeaving).value();
  EXPECT_EQ(draining.share, 0u);
  EXPECT_EQ(two->leases()->renew(MemberMode::kServing).value().share, 256u);
}

TEST_F(PostgresCluster, ACommandIsAppliedOnce) {
  auto store = open("one");
  const auto held = renew(*store);
  commit(*store, in_epoch(start(execution(1)), held));
  const auto number = store->inbox()->post(execution(1), R"({"command":"suspend"})").value();
  const auto apply = [&](std::uint64_t position) {
    auto append = in_epoch(next(execution(1), position), held);
    append.applied = CommandApplied{.number = number, .answer = "{}"};
    return commit(*store, append).verdict;
  };
  EXPECT_THAT(store->inbox()->list(ShardSet().set(shard_of(execution(2))), 10).value(), IsEmpty());
  EXPECT_EQ(store->inbox()->list(ShardSet().set(), 10)->at(0).execution, execution(1));
  EXPECT_EQ(store->inbox()->take_answer(number).value(), std::nullopt);
  EXPECT_EQ(apply(1), Verdict::kWritten);
  EXPECT_EQ(apply(2), Verdict::kConflict);
  EXPECT_EQ(store->read_history(execution(1), 0, 10)->size(), 2u);
  EXPECT_THAT(store->inbox()->list(ShardSet().set(), 10).value(), IsEmpty());
  EXPECT_TRUE(store->inbox()->answer(number, "other"));  // there is one already
  EXPECT_EQ(store->inbox()->take_answer(number).value(), "{}");
  EXPECT_EQ(store->inbox()->take_answer(number).value(), std::nullopt);
  EXPECT_EQ(apply(2), Verdict::kConflict);  // nor when its answer was fetched
}

TEST_F(PostgresCluster, WhoPostsACommandWakesTheOthers) {
  auto one = open("one"), two = open("two");
  EXPECT_TRUE(is_told([&](auto heard) { two->inbox()->notify(std::move(heard)); },
                      [&](std::uint64_t n) { EXPECT_TRUE(one->inbox()->post(execution(n), "{}")); }));
}

// Nodes that start together find the same files in their folders.
TEST_F(PostgresCluster, OfNodesThatPutADefinitionAtOnceOneIsFirst) {
  constexpr int kNodes = 4;
  std::vector<std::unique_ptr<Store>> nodes;
  for (int n = 0; n < kNodes; ++n) nodes.push_back(open("node" + std::to_string(n)));
  for (std::uint64_t revision = 1; revision <= 20; ++revision) {
    std::array<ports::StoredRevision, kNodes> current;
    std::vector<std::thread> puts;
    for (std::size_t n = 0; n < kNodes; ++n) {
      puts.emplace_back([&, n] {
        // Two of them have the same content.
        const StoredDefinition definition{.digest = std::to_string(revision) + "-" + std::to_string(n / 2),
                                          .namespace_name = "shop",
                                          .name = "checkout",
                                          .version = "1.0.0",
                                          .revision = revision};
        current[n] = nodes[n]->put_definition(definition).value();
      });
    }
    for (auto& put : puts) put.join();
    EXPECT_THAT(current, Each(Field(&ports::StoredRevision::digest, current[0].digest)));
    EXPECT_THAT(current, Each(Field(&ports::StoredRevision::revision, revision)));
  }
  EXPECT_THAT(nodes[0]->list_revisions("shop", "checkout", "1.0.0").value(), SizeIs(20));
}

TEST_F(PostgresCluster, WhoPutsADefinitionWakesTheOthers) {
  auto one = open("one"), two = open("two");
  EXPECT_TRUE(is_told(
      [&](auto heard) { two->notify_definitions(std::move(heard)); },
      [&](std::uint64_t n) { EXPECT_TRUE(one->put_definition({.digest = std::to_string(n), .revision = n})); }));
}

// Another node may stand still in the middle of putting one.
TEST_F(PostgresCluster, ADefinitionThatMustWaitKeepsNoBatchWaiting) {
  auto one = open("one");
  const auto held = renew(*one);
  soci::session other(soci::postgresql, url_);
  other.begin();
  other << "LOCK TABLE definitions IN SHARE ROW EXCLUSIVE MODE";
  std::atomic<bool> is_put = false;
  std::thread put([&] {
    EXPECT_TRUE(one->put_definition({.digest = "d", .name = "checkout"}));
    is_put = true;
  });
  for (std::uint64_t n = 1; n <= 10; ++n) {
    EXPECT_EQ(commit(*one, in_epoch(start(execution(n)), held)).verdict, Verdict::kWritten);
  }
  EXPECT_FALSE(is_put);
  other.rollback();
  put.join();
}

// A batch of the stalled owner that is under way is either before the takeover, and then the taker sees it, or nothing.
TEST_F(PostgresCluster, NothingIsWrittenByWhoWasTakenOver) {
  auto two = open("two");
  for (std::uint64_t round = 0; round < 10; ++round) {
    auto one = open("one");
    two->leases()->renew(MemberMode::kLeaving).value();
    run("UPDATE nodes SET lease_until = 0 WHERE name = 'two'");
    const auto held = renew(*one);
    ASSERT_THAT(held, SizeIs(256));
    std::atomic<bool> stop = false;
    std::vector<ExecutionId> written;
    std::uint64_t n = round * 10'000;
    std::thread writer([&] {
      while (!stop) {
        Collector sink;
        for (int i = 0; i < 16; ++i) {
          ++n;
          one->append({.appends = {in_epoch(start(execution(n)), held)}, .ticket = n}, sink);
        }
        for (const auto& result : sink.wait(16)) {
          if (result.verdict == Verdict::kWritten) written.push_back(execution(result.ticket));
        }
      }
    });
    std::this_thread::sleep_for(Millis(20 + 3 * static_cast<int>(round)));
    let_lease_run_out("one");
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (two->leases()->renew(MemberMode::kServing).value().held.size() < 256) {
      ASSERT_LT(std::chrono::steady_clock::now(), until);
    }
    const auto seen = live(*two);  // what the taker resumes
    std::this_thread::sleep_for(Millis(10));
    stop = true;
    writer.join();
    EXPECT_EQ(live(*two).size(), seen.size());
    const std::set<ExecutionId> known(seen.begin(), seen.end());
    for (const auto& id : written) EXPECT_TRUE(known.contains(id)) << to_string(id);
  }
}

// Clients that ask both nodes at the same instant, for keys that are free, and for some that somebody has had for long
// enough.
TEST_F(PostgresCluster, OfTwoStartsAboutTheSameOnOneNodeEachOneIsWritten) {
  constexpr std::uint64_t kRounds = 100;
  constexpr Millis kWithin{10};
  auto one = open("one"), two = open("two");
  renew(*one);
  renew(*two);
  give_up_excess(*one);
  const std::array held = {renew(*one), renew(*two)};
  const std::array stores = {one.get(), two.get()};
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    std::array<Collector, 2> sinks;
    std::array<ExecutionId, 2> started;
    std::vector<std::thread> clients;
    for (std::size_t i = 0; i < stores.size(); ++i) {
      const auto is_of_node = [&](const ExecutionId& id) { return ids(held[i]).contains(shard_of(id)); };
      std::uint64_t n = (2 * round + i) * 1'000;
      while (!is_of_node(execution(n))) ++n;
      started[i] = execution(n);
      auto append = start(started[i]);
      append.create->started_at = kBegin + kWithin * static_cast<int>(round);
      append.create->unique = UniqueKey{.key = round % 2 == 0 ? "same" : std::to_string(round),
                                        .until = append.create->started_at + kWithin};
      append = in_epoch(std::move(append), held[i]);
      clients.emplace_back([&, i, append] { stores[i]->append({.appends = {append}, .ticket = 1}, sinks[i]); });
    }
    for (auto& client : clients) client.join();
    const std::array results = {sinks[0].wait(1)[0], sinks[1].wait(1)[0]};
    const std::size_t winner = results[0].verdict == Verdict::kWritten ? 0 : 1;
    EXPECT_EQ(results[winner].verdict, Verdict::kWritten);
    EXPECT_EQ(results[1 - winner].verdict, Verdict::kTaken);
    EXPECT_EQ(results[1 - winner].existing, started[winner]);
  }
}

}  // namespace
}  // namespace skald::storage::test
