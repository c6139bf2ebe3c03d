#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "tests/storage/conformance.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;
using testing::ElementsAre;

TEST_P(StoreConformance, AStartIsWrittenAndReadBack) {
  auto append = start(execution(1), "key-1", "print-1");
  append.create->labels = {{"region", "eu"}, {"tier", "g\"old'"}};
  append.create->replay_of = execution(9);
  const auto result = commit(*store_, append);
  EXPECT_EQ(result.verdict, Verdict::kWritten);
  EXPECT_EQ(result.ticket, 42u);
  const auto read = store_->read_execution(execution(1)).value();
  EXPECT_EQ(read.id, execution(1));
  EXPECT_EQ(read.position, 1u);
  EXPECT_EQ(read.created.namespace_name, "shop");
  EXPECT_EQ(read.created.workflow, "checkout");
  EXPECT_EQ(read.created.version, "1.0.0");
  EXPECT_EQ(read.created.digest, "sha256:1");
  EXPECT_EQ(read.created.shard, 7u);
  EXPECT_EQ(read.created.started_at, kBegin);
  EXPECT_EQ(read.created.labels, append.create->labels);
  EXPECT_EQ(read.created.idempotency_key, "key-1");
  EXPECT_EQ(read.created.idempotency_fingerprint, "print-1");
  EXPECT_EQ(read.created.replay_of, execution(9));
  EXPECT_EQ(read.summary, running("CREATED"));
}

TEST_P(StoreConformance, RowsAreReadBackAsWritten) {
  commit(*store_, start(execution(1)));
  auto append = next(execution(1), 1, 2);
  append.rows[1].epoch = 0x7FFF'FFFF'FFFF'FFFF;
  append.rows[1].version = 65535;
  append.rows[1].attempt = 0xFFFF'FFFF;
  append.rows[1].at = Timestamp(Millis(-1));
  append.rows[1].actor = "";
  append.rows[1].step = "";
  EXPECT_EQ(commit(*store_, append).verdict, Verdict::kWritten);
  const auto rows = store_->read_history(execution(1), 1, 10).value();
  EXPECT_EQ(rows, append.rows);
}

TEST_P(StoreConformance, AnyTextSurvives) {
  const std::string nasty = std::string("{\"t\":\"\x01 äöü 漢字 🙂 ' \" :name ? %s \\ \r\n\"}");
  auto append = start(execution(1), nasty, nasty);
  append.rows[0].data = nasty;
  append.rows[0].actor = nasty;
  append.summary->status = nasty;
  append.create->labels = {{"k", "äöü 漢字 🙂 ' \" :name"}};
  EXPECT_EQ(commit(*store_, append).verdict, Verdict::kWritten);
  const auto rows = store_->read_history(execution(1), 0, 10).value();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0], append.rows[0]);
  const auto read = store_->read_execution(execution(1)).value();
  EXPECT_EQ(read.summary.status, nasty);
  EXPECT_EQ(read.created.labels, append.create->labels);
  EXPECT_EQ(store_->find_by_key("shop", "checkout", nasty).value()->id, execution(1));
}

// A database that cannot hold it must not cut the text off there.
TEST_P(StoreConformance, ANulSurvivesOrIsRejected) {
  auto append = start(execution(1));
  append.rows[0].data = std::string("{\"t\":\"\0\"}", 9);
  const auto verdict = commit(*store_, append).verdict;
  if (verdict == Verdict::kRejected) return;
  EXPECT_EQ(verdict, Verdict::kWritten);
  EXPECT_EQ(store_->read_history(execution(1), 0, 10).value()[0].data, append.rows[0].data);
}

TEST_P(StoreConformance, AMegabyteIsARow) {
  auto append = start(execution(1));
  append.rows[0].data = "\"" + std::string(1'500'000, 'x') + "\"";
  EXPECT_EQ(commit(*store_, append).verdict, Verdict::kWritten);
  EXPECT_EQ(store_->read_history(execution(1), 0, 1).value()[0].data, append.rows[0].data);
}

TEST_P(StoreConformance, AnAppendHasAnyNumberOfRows) {
  commit(*store_, start(execution(1)));
  std::uint64_t position = 1;
  for (std::uint64_t rows = 1; rows < 80; position += rows++) {
    ASSERT_EQ(commit(*store_, next(execution(1), position, rows)).verdict, Verdict::kWritten) << rows;
  }
  const auto history = store_->read_history(execution(1), 0, 10'000).value();
  ASSERT_EQ(history.size(), position);
  for (std::uint64_t i = 0; i < position; ++i) EXPECT_EQ(history[i].position, i + 1);
}

TEST_P(StoreConformance, AnAppendBehindTheWrongPositionConflicts) {
  commit(*store_, start(execution(1)));
  commit(*store_, next(execution(1), 1, 2));
  EXPECT_EQ(commit(*store_, next(execution(1), 1)).verdict, Verdict::kConflict);  // somebody was faster
  EXPECT_EQ(commit(*store_, next(execution(1), 2)).verdict, Verdict::kConflict);
  EXPECT_EQ(commit(*store_, next(execution(1), 4)).verdict, Verdict::kConflict);  // it would leave a gap
  EXPECT_EQ(commit(*store_, next(execution(1), 0)).verdict, Verdict::kConflict);
  EXPECT_EQ(commit(*store_, next(execution(2), 1)).verdict, Verdict::kConflict);  // there is none
  EXPECT_EQ(commit(*store_, start(execution(1))).verdict, Verdict::kConflict);
  EXPECT_EQ(position_of(execution(1)), 3u);
  EXPECT_EQ(commit(*store_, next(execution(1), 3)).verdict, Verdict::kWritten);
}

TEST_P(StoreConformance, ASummaryAloneIsHeldAgainstThePositionToo) {
  commit(*store_, start(execution(1)));
  EXPECT_EQ(commit(*store_, next(execution(1), 2, 0, running("WRONG"))).verdict, Verdict::kConflict);
  EXPECT_EQ(store_->read_execution(execution(1)).value().summary.status, "CREATED");
  EXPECT_EQ(commit(*store_, next(execution(1), 1, 0, running("RIGHT"))).verdict, Verdict::kWritten);
  EXPECT_EQ(store_->read_execution(execution(1)).value().summary.status, "RIGHT");
}

TEST_P(StoreConformance, RowsThatDoNotCountOnAreRejected) {
  auto append = start(execution(1));
  append.rows.push_back(row(3));
  const auto result = commit(*store_, append);
  EXPECT_EQ(result.verdict, Verdict::kRejected);
  EXPECT_EQ(result.error->code, "store.rejected");
  EXPECT_EQ(store_->read_execution(execution(1)).error().code, "execution.unknown");
}

TEST_P(StoreConformance, ASummaryIsKeptUntilTheNext) {
  commit(*store_, start(execution(1)));
  EXPECT_EQ(commit(*store_, next(execution(1), 1, 1, std::nullopt)).verdict, Verdict::kWritten);
  EXPECT_EQ(store_->read_execution(execution(1)).value().summary, running("CREATED"));
  auto summary = running("PAID");
  EXPECT_EQ(commit(*store_, next(execution(1), 2, 1, summary)).verdict, Verdict::kWritten);
  EXPECT_EQ(store_->read_execution(execution(1)).value().summary, summary);
  summary.open_incidents = 2;
  summary.phase = "suspended";
  summary.wake_at = kBegin + std::chrono::hours(5);
  EXPECT_EQ(commit(*store_, next(execution(1), 3, 1, summary)).verdict, Verdict::kWritten);
  EXPECT_EQ(store_->read_execution(execution(1)).value().summary, summary);
  EXPECT_EQ(commit(*store_, next(execution(1), 4, 1, ended())).verdict, Verdict::kWritten);
  EXPECT_EQ(store_->read_execution(execution(1)).value().summary, ended());
}

TEST_P(StoreConformance, ALiveExecutionWithoutAWakeUpIsRejected) {
  auto append = start(execution(1));
  append.summary->wake_at.reset();
  EXPECT_EQ(commit(*store_, append).verdict, Verdict::kRejected);
  commit(*store_, start(execution(1)));
  auto asleep = running();
  asleep.wake_at.reset();
  EXPECT_EQ(commit(*store_, next(execution(1), 1, 1, asleep)).verdict, Verdict::kRejected);
  EXPECT_EQ(position_of(execution(1)), 1u);
}

TEST_P(StoreConformance, ARepeatedKeyIsADuplicateOfTheFirst) {
  commit(*store_, start(execution(1), "order-1", "print-1"));
  const auto result = commit(*store_, start(execution(2), "order-1", "print-2"));
  EXPECT_EQ(result.verdict, Verdict::kDuplicate);
  EXPECT_EQ(result.existing, execution(1));
  EXPECT_EQ(result.existing_fingerprint, "print-1");
  EXPECT_FALSE(store_->read_execution(execution(2)));
  EXPECT_EQ(commit(*store_, start(execution(3), "order-2")).verdict, Verdict::kWritten);
  EXPECT_EQ(commit(*store_, start(execution(4))).verdict, Verdict::kWritten);
  EXPECT_EQ(commit(*store_, start(execution(5))).verdict, Verdict::kWritten);  // none is not a key
}

TEST_P(StoreConformance, AKeyBelongsToItsNamespaceAndWorkflow) {
  commit(*store_, start(execution(1), "k"));
  auto other = start(execution(2), "k");
  other.create->workflow = "refund";
  EXPECT_EQ(commit(*store_, other).verdict, Verdict::kWritten);
  other = start(execution(3), "k");
  other.create->namespace_name = "bank";
  EXPECT_EQ(commit(*store_, other).verdict, Verdict::kWritten);
  EXPECT_EQ(store_->find_by_key("shop", "refund", "k").value()->id, execution(2));
  EXPECT_EQ(store_->find_by_key("shop", "checkout", "none").value(), std::nullopt);
}

TEST_P(StoreConformance, AGroupIsWrittenTogetherOrNotAtAll) {
  commit(*store_, start(execution(1)));
  EXPECT_EQ(commit(*store_, {start(execution(2)), next(execution(1), 7)}).verdict, Verdict::kConflict);
  EXPECT_FALSE(store_->read_execution(execution(2)));
  EXPECT_EQ(commit(*store_, {next(execution(1), 1), start(execution(1))}).verdict, Verdict::kConflict);
  EXPECT_EQ(position_of(execution(1)), 1u);
  EXPECT_EQ(commit(*store_, {next(execution(1), 1), start(execution(2), "k")}).verdict, Verdict::kWritten);
  EXPECT_EQ(position_of(execution(1)), 2u);
  EXPECT_EQ(commit(*store_, {next(execution(1), 2), start(execution(3), "k")}).verdict, Verdict::kDuplicate);
  EXPECT_EQ(position_of(execution(1)), 2u);
}

TEST_P(StoreConformance, OneBadAppendOfABatchIsAlone) {
  commit(*store_, start(execution(1000), "taken"));
  Collector sink;
  constexpr std::uint64_t kCount = 40;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    auto append = start(execution(i), i == 20 ? "taken" : "key-" + std::to_string(i));
    if (i == 13) append.summary->wake_at.reset();
    AppendGroup group{.appends = {append}, .ticket = i};
    if (i == 29) group.appends.push_back(next(execution(500), 4));
    store_->append(std::move(group), sink);
  }
  auto results = sink.wait(kCount);
  std::ranges::sort(results, {}, &AppendResult::ticket);  // several writers answer as they like
  for (std::uint64_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(results[i].ticket, i);
    const auto expected = i == 13   ? Verdict::kRejected
                          : i == 20 ? Verdict::kDuplicate
                          : i == 29 ? Verdict::kConflict
                                    : Verdict::kWritten;
    EXPECT_EQ(results[i].verdict, expected) << i;
    EXPECT_EQ(store_->read_execution(execution(i)).has_value(), expected == Verdict::kWritten) << i;
  }
}

TEST_P(StoreConformance, VerdictsOfOneExecutionComeInOrder) {
  Collector sink;
  store_->append({.appends = {start(execution(1))}, .ticket = 0}, sink);
  constexpr std::uint64_t kCount = 200;
  for (std::uint64_t i = 1; i <= kCount; ++i) {
    store_->append({.appends = {next(execution(1), i, 1, running(std::to_string(i)))}, .ticket = i}, sink);
  }
  const auto results = sink.wait(kCount + 1);
  for (std::uint64_t i = 0; i <= kCount; ++i) {
    EXPECT_EQ(results[i].ticket, i);
    EXPECT_EQ(results[i].verdict, Verdict::kWritten);
  }
  EXPECT_EQ(store_->read_execution(execution(1)).value().summary.status, std::to_string(kCount));
  EXPECT_EQ(position_of(execution(1)), kCount + 1);
}

TEST_P(StoreConformance, OfTwoWritersOneConflicts) {
  constexpr int kThreads = 4;
  constexpr std::uint64_t kPositions = 25;
  commit(*store_, start(execution(1)));
  std::vector<Collector> sinks(kThreads);
  std::vector<std::thread> threads;
  for (auto& sink : sinks) {
    threads.emplace_back([&] {
      for (std::uint64_t i = 1; i <= kPositions; ++i) {
        store_->append({.appends = {next(execution(1), i)}, .ticket = i}, sink);
        (void)sink.wait(i);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::vector<int> written(kPositions + 1);
  for (auto& sink : sinks) {
    for (const auto& result : sink.wait(kPositions)) written[result.ticket] += result.verdict == Verdict::kWritten;
  }
  for (std::uint64_t i = 1; i <= kPositions; ++i) EXPECT_LE(written[i], 1) << i;
  EXPECT_EQ(written[1], 1);
  const auto rows = store_->read_history(execution(1), 0, 1000).value();
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].position, i + 1);
}

TEST_P(StoreConformance, ManyAppendersAreAllServed) {
  constexpr std::uint64_t kThreads = 8;
  constexpr std::uint64_t kEach = 50;
  std::vector<Collector> sinks(kThreads);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        store_->append({.appends = {start(execution(t * kEach + i))}, .ticket = i}, sinks[t]);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (auto& sink : sinks) {
    for (const auto& result : sink.wait(kEach)) EXPECT_EQ(result.verdict, Verdict::kWritten);
  }
  EXPECT_EQ(live(*store_).size(), kThreads * kEach);
}

TEST_P(StoreConformance, ASinkGetsABatchInOneCall) {
  Collector sink;
  constexpr std::uint64_t kCount = 500;
  for (std::uint64_t i = 0; i < kCount; ++i) store_->append({.appends = {start(execution(i))}, .ticket = i}, sink);
  (void)sink.wait(kCount);
  EXPECT_LT(sink.calls(), kCount);
}

TEST_P(StoreConformance, ClosingWaitsForVerdictsAndRefusesTheRest) {
  Collector sink;
  for (std::uint64_t i = 0; i < 50; ++i) store_->append({.appends = {start(execution(i))}, .ticket = i}, sink);
  store_->close();
  store_->close();
  store_->append({.appends = {start(execution(99))}, .ticket = 99}, sink);
  const auto results = sink.wait(51);
  for (std::uint64_t i = 0; i < 50; ++i) EXPECT_EQ(results[i].verdict, Verdict::kWritten);
  EXPECT_EQ(results[50].verdict, Verdict::kRejected);
  EXPECT_EQ(results[50].error->code, "store.closed");
  EXPECT_FALSE(store_->read_execution(execution(99)));
}

}  // namespace
}  // namespace skald::storage::test
