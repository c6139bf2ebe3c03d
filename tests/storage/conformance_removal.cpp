#include <gmock/gmock.h>

#include "tests/storage/conformance.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;
using testing::ElementsAre;

ShardSet every_shard() {
  return ShardSet().set();
}

// It ended at kBegin + 77 ms.
void write_ended(Store& store, std::uint64_t n, std::optional<std::string> key = {}) {
  commit(store, start(execution(n), std::move(key)));
  commit(store, next(execution(n), 1, 3, ended()));
}

TEST_P(StoreConformance, WhatEndedLongAgoIsRemovedWithItsHistoryAndKey) {
  write_ended(*store_, 1, "order-1");
  const auto removal = store_->remove_ended(every_shard(), kBegin + Millis(78), {}, 10).value();
  EXPECT_EQ(removal.executions, 1u);
  EXPECT_EQ(store_->read_execution(execution(1)).error().code, "execution.unknown");
  EXPECT_EQ(store_->read_history(execution(1), 0, 10).error().code, "execution.unknown");
  EXPECT_EQ(store_->find_by_key("shop", "checkout", "order-1").value(), std::nullopt);
  EXPECT_EQ(commit(*store_, start(execution(2), "order-1")).verdict, Verdict::kWritten);
  // Its end is not forgotten into a new beginning: whoever still has it in mind meets nothing.
  EXPECT_EQ(commit(*store_, next(execution(1), 4)).verdict, Verdict::kConflict);
}

TEST_P(StoreConformance, WhatEndedSinceOrHasNotEndedStays) {
  write_ended(*store_, 1);
  commit(*store_, start(execution(2)));
  auto parked = running();
  parked.phase = "suspended";
  parked.open_incidents = 1;
  commit(*store_, start(execution(3)));
  commit(*store_, next(execution(3), 1, 1, parked));
  auto faulted = ended("faulted");
  faulted.open_incidents = 1;
  commit(*store_, start(execution(4)));
  commit(*store_, next(execution(4), 1, 1, faulted));
  EXPECT_EQ(store_->remove_ended(every_shard(), kBegin + Millis(77), {}, 10)->executions, 0u);
  EXPECT_EQ(store_->remove_ended(every_shard(), kBegin + std::chrono::years(10), {}, 10)->executions, 1u);
  EXPECT_FALSE(store_->read_execution(execution(1)));
  for (std::uint64_t n = 2; n <= 4; ++n) EXPECT_TRUE(store_->read_execution(execution(n))) << n;
}

TEST_P(StoreConformance, RemovalGoesInPagesFromTheOldest) {
  for (std::uint64_t n = 1; n <= 5; ++n) write_ended(*store_, n);
  commit(*store_, start(execution(6)));
  write_ended(*store_, 7);
  const auto before = kBegin + std::chrono::hours(1);
  auto removal = store_->remove_ended(every_shard(), before, {}, 3).value();
  EXPECT_EQ(removal.executions, 3u);
  EXPECT_EQ(removal.last, execution(3));
  EXPECT_THAT(found({}), ElementsAre(execution(7), execution(6), execution(5), execution(4)));
  removal = store_->remove_ended(every_shard(), before, removal.last, 3).value();
  EXPECT_EQ(removal.executions, 2u);
  EXPECT_EQ(removal.last, execution(6));
  removal = store_->remove_ended(every_shard(), before, removal.last, 3).value();
  EXPECT_EQ(removal.executions, 1u);
  removal = store_->remove_ended(every_shard(), before, removal.last, 3).value();
  EXPECT_EQ(removal.executions, 0u);
  EXPECT_EQ(removal.last, std::nullopt);
  EXPECT_THAT(found({}), ElementsAre(execution(6)));
}

TEST_P(StoreConformance, RemovalLeavesOtherShardsAlone) {
  write_ended(*store_, 1);
  auto other = start(execution(2));
  other.create->shard = 8;
  commit(*store_, other);
  auto end = next(execution(2), 1, 1, ended());
  commit(*store_, end);
  ShardSet seven;
  seven.set(7);
  const auto removal = store_->remove_ended(seven, kBegin + std::chrono::hours(1), {}, 10).value();
  EXPECT_EQ(removal.executions, 1u);
  EXPECT_EQ(removal.last, execution(2));
  EXPECT_THAT(found({}), ElementsAre(execution(2)));
}

TEST_P(StoreConformance, WhatAnExecutionRanIsRemovedAfterIt) {
  const auto before = kBegin + std::chrono::hours(1);
  commit(*store_, start(execution(1)));
  auto child = start(execution(2));
  child.create->parent = execution(1);
  commit(*store_, child);
  commit(*store_, next(execution(2), 1, 3, ended()));
  EXPECT_EQ(store_->read_execution(execution(2))->created.parent, execution(1));
  EXPECT_THAT(found({.parent = execution(1)}), ElementsAre(execution(2)));
  EXPECT_EQ(store_->remove_ended(every_shard(), before, {}, 10)->executions, 0U) << "its parent has not ended";
  commit(*store_, next(execution(1), 1, 3, ended()));
  while (store_->remove_ended(every_shard(), before, {}, 10)->executions > 0) continue;
  EXPECT_THAT(found({}), testing::IsEmpty());
}

// An execution that undoes itself for who ran it.
TEST_P(StoreConformance, WhatHasEndedGoesOn) {
  write_ended(*store_, 1);
  EXPECT_EQ(commit(*store_, next(execution(1), 4, 1, running())).verdict, Verdict::kWritten);
  EXPECT_EQ(store_->read_execution(execution(1))->summary, running());
  EXPECT_EQ(store_->remove_ended(every_shard(), kBegin + std::chrono::years(10), {}, 10)->executions, 0U);
}

TEST_P(StoreConformance, WhatIsThereIsNotCreatedAgain) {
  commit(*store_, start(execution(1)));
  EXPECT_EQ(commit(*store_, start(execution(1))).verdict, Verdict::kConflict);
}

}  // namespace
}  // namespace skald::storage::test
