// The key that saga.unique makes: who has it, for how long, and what others are told.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/storage/conformance.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;

constexpr Millis kWithin = std::chrono::seconds(10);

Append start_about(std::uint64_t n, const std::string& key, Millis after = Millis(0)) {
  auto append = start(execution(n));
  append.create->started_at = kBegin + after;
  append.create->unique = UniqueKey{.key = key, .until = kBegin + after + kWithin};
  return append;
}

ExecutionSummary ended_with(const std::string& outcome) {
  auto summary = ended(outcome == "completed" ? "completed" : "faulted");
  summary.outcome = outcome;
  return summary;
}

void expect_taken(Store& store, const Append& append, std::uint64_t holder) {
  const auto result = commit(store, append);
  EXPECT_EQ(result.verdict, Verdict::kTaken);
  EXPECT_EQ(result.existing, execution(holder));
  EXPECT_FALSE(store.read_execution(append.execution));
}

TEST_P(StoreConformance, AUniqueKeyIsFreeWhenItsTimeIsOver) {
  EXPECT_EQ(commit(*store_, start_about(1, "o1")).verdict, Verdict::kWritten);
  EXPECT_EQ(store_->read_execution(execution(1))->created.unique, (UniqueKey{"o1", kBegin + kWithin}));
  expect_taken(*store_, start_about(2, "o1", kWithin - Millis(1)), 1);
  EXPECT_EQ(commit(*store_, start_about(3, "o1", kWithin)).verdict, Verdict::kWritten);
  EXPECT_EQ(store_->read_execution(execution(1))->created.unique, std::nullopt);
  EXPECT_EQ(store_->read_execution(execution(1))->summary, running("CREATED"));
  expect_taken(*store_, start_about(4, "o1", kWithin + Millis(1)), 3);
  // Who has lost it has nothing to give up.
  EXPECT_EQ(commit(*store_, next(execution(1), 1, 1, ended_with("faulted"))).verdict, Verdict::kWritten);
  expect_taken(*store_, start_about(5, "o1", kWithin + Millis(2)), 3);
}

TEST_P(StoreConformance, AUniqueKeyBelongsToItsNamespaceAndWorkflow) {
  commit(*store_, start_about(1, "o1"));
  auto other = start_about(2, "o1");
  other.create->workflow = "refund";
  EXPECT_EQ(commit(*store_, other).verdict, Verdict::kWritten);
  other = start_about(3, "o1");
  other.create->namespace_name = "bank";
  EXPECT_EQ(commit(*store_, other).verdict, Verdict::kWritten);
  other = start_about(4, "o1");
  other.create->version = "2.0.0";
  expect_taken(*store_, other, 1);
  EXPECT_EQ(commit(*store_, start_about(5, "o2")).verdict, Verdict::kWritten);
  EXPECT_EQ(commit(*store_, start(execution(6))).verdict, Verdict::kWritten);
  EXPECT_EQ(commit(*store_, start(execution(7))).verdict, Verdict::kWritten);  // none is not a key
}

TEST_P(StoreConformance, EveryEndButACompletedOneGivesTheUniqueKeyUp) {
  std::uint64_t n = 0;
  for (const char* outcome : {"compensated", "cancelled", "faulted", "terminated"}) {
    const auto holder = ++n;
    commit(*store_, start_about(holder, outcome));
    commit(*store_, next(execution(holder), 1, 1, ended_with(outcome)));
    EXPECT_EQ(store_->read_execution(execution(holder))->created.unique, std::nullopt) << outcome;
    EXPECT_EQ(commit(*store_, start_about(++n, outcome)).verdict, Verdict::kWritten) << outcome;
  }
  commit(*store_, start_about(100, "completed"));
  commit(*store_, next(execution(100), 1, 1, ended_with("completed")));
  expect_taken(*store_, start_about(101, "completed"), 100);
  // It undoes itself for who ran it.
  commit(*store_, next(execution(100), 2, 1, running()));
  expect_taken(*store_, start_about(101, "completed"), 100);
  commit(*store_, next(execution(100), 3, 1, ended_with("compensated")));
  EXPECT_EQ(commit(*store_, start_about(101, "completed")).verdict, Verdict::kWritten);
}

TEST_P(StoreConformance, WhoIsParkedKeepsItsUniqueKey) {
  commit(*store_, start_about(1, "o1"));
  auto parked = running();
  parked.phase = "suspended";
  parked.open_incidents = 1;
  commit(*store_, next(execution(1), 1, 1, parked));
  commit(*store_, next(execution(1), 2, 1, std::nullopt));
  expect_taken(*store_, start_about(2, "o1"), 1);
}

Append ends_at_once(std::uint64_t n, Millis after = Millis(0)) {
  auto append = start_about(n, "o1", after);
  append.summary = ended_with("faulted");
  return append;
}

TEST_P(StoreConformance, WhoEndsAtOnceMeetsAUniqueKeyAndKeepsNone) {
  EXPECT_EQ(commit(*store_, ends_at_once(1)).verdict, Verdict::kWritten);
  EXPECT_EQ(commit(*store_, ends_at_once(2)).verdict, Verdict::kWritten);
  EXPECT_EQ(commit(*store_, start_about(3, "o1")).verdict, Verdict::kWritten);
  expect_taken(*store_, ends_at_once(4), 3);
}

// Another node's clock may be behind.
TEST_P(StoreConformance, WhoEndsAtOnceRefusesNobodyThatStartedEarlier) {
  EXPECT_EQ(commit(*store_, ends_at_once(1, Millis(500))).verdict, Verdict::kWritten);
  EXPECT_EQ(commit(*store_, ends_at_once(2, Millis(200))).verdict, Verdict::kWritten);
  EXPECT_EQ(commit(*store_, start_about(3, "o1")).verdict, Verdict::kWritten);
  expect_taken(*store_, start_about(4, "o1", Millis(600)), 3);
}

TEST_P(StoreConformance, WhoEndsAtOnceRefusesNobodyInTheSameBatch) {
  std::uint64_t last = 0;
  const auto of_one_writer = [&] {
    do ++last;
    while (shard_of(execution(last)) % 2 != 0);
    return last;
  };
  for (std::uint64_t round = 0; round < 20; ++round) {
    Collector sink;
    store_->append({.appends = {start(execution(of_one_writer()))}, .ticket = 1}, sink);  // the others wait for it
    store_->append({.appends = {ends_at_once(of_one_writer(), Millis(500))}, .ticket = 2}, sink);
    store_->append({.appends = {ends_at_once(of_one_writer())}, .ticket = 3}, sink);
    store_->append({.appends = {start_about(of_one_writer(), "o1")}, .ticket = 4}, sink);
    for (const auto& result : sink.wait(4)) {
      // Of those of one statement any may be the first.
      if (result.verdict == Verdict::kTaken && result.ticket < 4) {
        EXPECT_EQ(result.existing, execution(last)) << round;
      } else {
        EXPECT_EQ(result.verdict, Verdict::kWritten) << round << ": " << result.ticket;
      }
    }
    commit(*store_, next(execution(last), 1, 1, ended_with("faulted")));
  }
}

TEST_P(StoreConformance, ARepeatedRequestComesBeforeAUniqueKey) {
  auto first = start_about(1, "o1");
  first.create->idempotency_key = "r1";
  commit(*store_, first);
  auto again = start_about(2, "o1", Millis(5));
  again.create->idempotency_key = "r1";
  EXPECT_EQ(commit(*store_, again).verdict, Verdict::kDuplicate);
  auto other = start_about(3, "o1", Millis(5));
  other.create->idempotency_key = "r2";
  expect_taken(*store_, other, 1);
  EXPECT_EQ(store_->find_by_key("shop", "checkout", "r2").value(), std::nullopt);
}

TEST_P(StoreConformance, AnExecutionIsNotRefusedByItself) {
  commit(*store_, start_about(1, "o1"));
  EXPECT_EQ(commit(*store_, start_about(1, "o1")).verdict, Verdict::kConflict);
  commit(*store_, next(execution(1), 1, 1, ended_with("faulted")));
  commit(*store_, start_about(2, "o1"));
  EXPECT_EQ(commit(*store_, start_about(1, "o1")).verdict, Verdict::kConflict);
}

TEST_P(StoreConformance, ATakenUniqueKeyRefusesTheWholeGroup) {
  commit(*store_, start(execution(1)));
  commit(*store_, start_about(2, "o1"));
  const auto replay = [](std::uint64_t n, Millis after) {
    return std::vector<Append>{next(execution(1), 1), start_about(n, "o1", after)};
  };
  const auto result = commit(*store_, replay(3, Millis(1)));
  EXPECT_EQ(result.verdict, Verdict::kTaken);
  EXPECT_EQ(result.existing, execution(2));
  EXPECT_EQ(position_of(execution(1)), 1u);
  EXPECT_EQ(commit(*store_, replay(3, kWithin)).verdict, Verdict::kWritten);
  EXPECT_EQ(position_of(execution(1)), 2u);
}

TEST_P(StoreConformance, OfABatchOneGetsAUniqueKeyAndNobodyElseIsHarmed) {
  commit(*store_, start_about(1000, "old"));
  Collector sink;
  constexpr std::uint64_t kCount = 60;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    // Pairs, three that come after "old" is over, and a few that have nothing to do with it.
    const auto key = i % 20 == 0 ? "old" : "key-" + std::to_string(i / 2);
    auto append = i % 20 == 7 ? start(execution(i)) : start_about(i, key, kWithin);
    store_->append({.appends = {append}, .ticket = i}, sink);
  }
  auto results = sink.wait(kCount);
  std::ranges::sort(results, {}, &AppendResult::ticket);  // several writers answer as they like
  std::map<std::string, int> written;
  std::set<std::string> keys;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const auto stored = store_->read_execution(execution(i));
    if (i % 20 == 7) {
      EXPECT_EQ(results[i].verdict, Verdict::kWritten);
      continue;
    }
    const auto key = i % 20 == 0 ? "old" : "key-" + std::to_string(i / 2);
    keys.insert(key);
    EXPECT_EQ(stored.has_value(), results[i].verdict == Verdict::kWritten) << i;
    if (stored) {
      ++written[key];
      continue;
    }
    ASSERT_EQ(results[i].verdict, Verdict::kTaken) << i;
    EXPECT_EQ(store_->read_execution(*results[i].existing)->created.unique->key, key);
  }
  for (const auto& key : keys) EXPECT_EQ(written[key], 1) << key;
}

TEST_P(StoreConformance, AUniqueKeyThatIsGivenUpInTheSameBatchIsFree) {
  for (std::uint64_t round = 0; round < 20; ++round) {
    const auto n = 10 * round;
    commit(*store_, start_about(n, "o1"));
    Collector sink;
    store_->append({.appends = {next(execution(n), 1, 1, ended_with("faulted"))}, .ticket = 1}, sink);
    store_->append({.appends = {start_about(n + 1, "o1")}, .ticket = 2}, sink);
    auto results = sink.wait(2);
    std::ranges::sort(results, {}, &AppendResult::ticket);
    EXPECT_EQ(results[0].verdict, Verdict::kWritten);
    EXPECT_EQ(results[1].verdict, Verdict::kWritten) << round;
    commit(*store_, next(execution(n + 1), 1, 1, ended_with("faulted")));
  }
}

TEST_P(StoreConformance, WhoHasAUniqueKeyIsKeptUntilItIsFree) {
  commit(*store_, start_about(1, "o1"));
  commit(*store_, next(execution(1), 1, 3, ended()));
  commit(*store_, start_about(2, "o2"));
  commit(*store_, next(execution(2), 1, 3, ended_with("faulted")));
  const auto every = ShardSet().set();
  EXPECT_EQ(store_->remove_ended(every, kBegin + kWithin, {}, 10)->executions, 1u);  // the one that gave its key up
  expect_taken(*store_, start_about(3, "o1", kWithin - Millis(1)), 1);
  EXPECT_EQ(store_->remove_ended(every, kBegin + kWithin + Millis(1), {}, 10)->executions, 1u);
  EXPECT_FALSE(store_->read_execution(execution(1)));
  EXPECT_EQ(commit(*store_, start_about(3, "o1", kWithin + Millis(1))).verdict, Verdict::kWritten);
}

}  // namespace
}  // namespace skald::storage::test
