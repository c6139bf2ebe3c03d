// When workflows start by themselves: a row each, written by whoever saw the latest one.
#include <gmock/gmock.h>

#include "tests/storage/conformance.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;
using testing::ElementsAre;
using testing::IsEmpty;

const ShardSet kAllShards = ShardSet().set();

StoredSchedule schedule(const std::string& name, std::optional<Timestamp> next_at) {
  return {.workflow = {.namespace_name = "shop", .name = name}, .rule = "every PT1H", .next_at = next_at};
}

TEST_P(StoreConformance, AScheduleIsReadAsItWasWritten) {
  auto nightly = schedule("nightly", kBegin + Millis(1));
  ASSERT_TRUE(store_->put_schedule(nightly).value());
  ASSERT_TRUE(store_->put_schedule(schedule("hourly", std::nullopt)).value());
  nightly.revision = 1;
  auto hourly = schedule("hourly", std::nullopt);
  hourly.revision = 1;
  EXPECT_THAT(store_->list_schedules(kAllShards).value(), ElementsAre(hourly, nightly));
  nightly.next_at.reset();
  nightly.last_at = kBegin + Millis(1);
  nightly.last_execution = execution(7);
  nightly.rule = "cron 0 2 * * * UTC";
  nightly.error = "no 'such' thing";
  ASSERT_TRUE(store_->put_schedule(nightly).value());
  nightly.revision = 2;
  EXPECT_THAT(store_->list_schedules(kAllShards).value(), ElementsAre(hourly, nightly));
}

TEST_P(StoreConformance, AScheduleIsWrittenByWhoSawTheLatest) {
  const auto first = schedule("nightly", kBegin);
  EXPECT_TRUE(store_->put_schedule(first).value());
  // Another node was asked to, too, and one is late.
  EXPECT_FALSE(store_->put_schedule(first).value());
  auto later = first;
  later.revision = 1;
  later.next_at = kBegin + Millis(2);
  EXPECT_TRUE(store_->put_schedule(later).value());
  later.next_at = kBegin + Millis(9);
  EXPECT_FALSE(store_->put_schedule(later).value());
  const auto found = store_->list_schedules(kAllShards).value();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].revision, 2u);
  EXPECT_EQ(found[0].next_at, kBegin + Millis(2));
  auto unknown = schedule("unknown", kBegin);
  unknown.revision = 1;
  EXPECT_FALSE(store_->put_schedule(unknown).value());
}

TEST_P(StoreConformance, SchedulesAreListedByShard) {
  ASSERT_TRUE(store_->put_schedule(schedule("nightly", kBegin)).value());
  const auto shard = shard_of_workflow("shop", "nightly");
  EXPECT_EQ(store_->list_schedules(ShardSet().set(shard)).value().size(), 1u);
  EXPECT_THAT(store_->list_schedules(ShardSet(kAllShards).reset(shard)).value(), IsEmpty());
  EXPECT_THAT(store_->list_schedules({}).value(), IsEmpty());
}

}  // namespace
}  // namespace skald::storage::test
