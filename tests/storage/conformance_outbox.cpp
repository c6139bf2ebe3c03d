// Events on their way out: written with the history, listed in order, forgotten once delivered.
#include <gmock/gmock.h>

#include "tests/storage/conformance.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;
using testing::ElementsAre;
using testing::IsEmpty;

NewDelivery delivery(const std::string& sink, const std::string& step, Timestamp at = kBegin) {
  return {.workflow = "shop/checkout:1.0.0",
          .step = step,
          .sink = sink,
          .envelope = "{\"id\":\"" + step + "\"}",
          .emitted_at = at};
}

Append emitting(Append append, std::vector<NewDelivery> deliveries) {
  append.deliveries = std::move(deliveries);
  return append;
}

std::vector<std::string> steps(const Result<std::vector<Delivery>>& deliveries) {
  std::vector<std::string> list;
  for (const auto& each : deliveries.value()) list.push_back(each.what.step);
  return list;
}

const ShardSet kAll = ShardSet().set();

TEST_P(StoreConformance, WhatIsEmittedWaitsForItsSink) {
  const auto id = execution(1);
  commit(*store_, emitting(start(id), {delivery("", "tell"), delivery("mail", "tell")}));
  const auto found = store_->list_due_deliveries("mail", kAll, kBegin, {}, 10).value();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].execution, id);
  EXPECT_EQ(found[0].what, delivery("mail", "tell"));
  EXPECT_EQ(found[0].attempts, 0u);
  EXPECT_THAT(steps(store_->list_due_deliveries("other", kAll, kBegin, {}, 10)), IsEmpty());
  ASSERT_TRUE(store_->settle_deliveries({found[0].number}, {}));
  EXPECT_THAT(steps(store_->list_due_deliveries("mail", kAll, kBegin, {}, 10)), IsEmpty());
  EXPECT_THAT(steps(store_->list_due_deliveries("", kAll, kBegin, {}, 10)), ElementsAre("tell"));
}

TEST_P(StoreConformance, DeliveriesOfAnExecutionKeepTheirOrder) {
  const auto first = execution(1);
  const auto second = execution(2);
  commit(*store_, emitting(start(first), {delivery("mail", "a"), delivery("mail", "b")}));
  commit(*store_, emitting(start(second), {delivery("mail", "c", kBegin - Millis(5))}));
  auto found = store_->list_due_deliveries("mail", kAll, kBegin, {}, 10);
  EXPECT_THAT(steps(found), ElementsAre("a", "b", "c"));
  EXPECT_THAT(steps(store_->list_due_deliveries("mail", kAll, kBegin, {}, 1)), ElementsAre("a"));
  EXPECT_THAT(steps(store_->list_due_deliveries("mail", kAll, kBegin, {first}, 10)), ElementsAre("c"));
  EXPECT_THAT(steps(store_->list_due_deliveries("mail", kAll, kBegin, {first, second}, 10)), IsEmpty());
  // What is put off holds up what stands behind it, also what comes later, and nothing else.
  ASSERT_TRUE(store_->settle_deliveries({}, {{found->at(0).number, kBegin + Millis(100), "409"}}));
  commit(*store_, emitting(next(first, 1), {delivery("mail", "d"), delivery("other", "e")}));
  EXPECT_THAT(steps(store_->list_due_deliveries("mail", kAll, kBegin + Millis(99), {}, 10)), ElementsAre("c"));
  EXPECT_THAT(steps(store_->list_due_deliveries("other", kAll, kBegin, {}, 10)), ElementsAre("e"));
  found = store_->list_due_deliveries("mail", kAll, kBegin + Millis(100), {}, 10);
  EXPECT_THAT(steps(found), ElementsAre("c", "a", "b"));
  EXPECT_EQ(found->at(1).attempts, 1u);
  EXPECT_EQ(found->at(2).attempts, 0u);
  ASSERT_TRUE(store_->settle_deliveries({found->at(0).number, found->at(1).number, found->at(2).number}, {}));
  EXPECT_THAT(steps(store_->list_due_deliveries("mail", kAll, kBegin, {}, 10)), ElementsAre("d"));
}

TEST_P(StoreConformance, DeliveriesAreListedAndMeasuredByShard) {
  const auto id = execution(1);
  commit(*store_,
         emitting(start(id), {delivery("mail", "a", kBegin + Millis(7)), delivery("mail", "b", kBegin + Millis(9)),
                              delivery("", "a", kBegin + Millis(7))}));
  const ShardSet others = ShardSet(kAll).reset(shard_of(id));
  EXPECT_THAT(steps(store_->list_due_deliveries("mail", others, kBegin + Millis(9), {}, 10)), IsEmpty());
  EXPECT_THAT(store_->measure_outbox(others).value(), IsEmpty());
  const auto levels = store_->measure_outbox(kAll).value();
  ASSERT_EQ(levels.size(), 2u);
  EXPECT_EQ(levels[0].sink, "");
  EXPECT_EQ(levels[1].sink, "mail");
  EXPECT_EQ(levels[1].count, 2u);
  EXPECT_EQ(levels[1].oldest, kBegin + Millis(7));
}

TEST_P(StoreConformance, WhatIsNotAppendedIsNotEmitted) {
  const auto id = execution(1);
  commit(*store_, start(id));
  EXPECT_EQ(commit(*store_, emitting(next(id, 5), {delivery("mail", "a")})).verdict, Verdict::kConflict);
  EXPECT_THAT(steps(store_->list_due_deliveries("mail", kAll, kBegin, {}, 10)), IsEmpty());
}

}  // namespace
}  // namespace skald::storage::test
