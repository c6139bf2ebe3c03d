// Events, and who listens for them.
#include <gmock/gmock.h>

#include "tests/storage/conformance.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;
using testing::ElementsAre;
using testing::IsEmpty;

const EventKey kPaid{"shape-1", R"(["A1"])"};
const EventKey kPacked{"shape-2", "[]"};

NewEvent event(const std::string& id, std::vector<EventKey> keys, Timestamp at = kBegin) {
  return {.source = "psp", .id = id, .envelope = "{\"id\":\"" + id + "\"}", .received_at = at, .keys = std::move(keys)};
}

std::vector<std::string> envelopes(const Result<std::vector<StoredEvent>>& events) {
  std::vector<std::string> list;
  for (const auto& each : events.value()) list.push_back(each.envelope);
  return list;
}

Append listening(Append append, std::vector<Subscription> subscriptions) {
  append.subscriptions = std::move(subscriptions);
  return append;
}

TEST_P(StoreConformance, AnEventIsTakenOnce) {
  const auto first = store_->put_event(event("1", {kPaid})).value();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(store_->put_event(event("1", {kPaid})).value(), std::nullopt);
  auto other = event("1", {kPaid});
  other.source = "bank";
  EXPECT_TRUE(store_->put_event(other).value().has_value());
  // What somebody has, whoever else wanted nothing of it.
  ASSERT_TRUE(store_->settle_event(*first, EventFate::kTaken));
  ASSERT_TRUE(store_->settle_event(*first, EventFate::kDropped));
  EXPECT_EQ(store_->put_event(event("1", {kPaid})).value(), std::nullopt);
}

TEST_P(StoreConformance, AnEventThatNobodyWantsIsForgotten) {
  const auto first = store_->put_event(event("1", {kPaid})).value();
  ASSERT_TRUE(store_->settle_event(*first, EventFate::kDropped));
  EXPECT_THAT(store_->list_new_events(kBegin + Millis(1), 0, 10).value(), IsEmpty());
  EXPECT_TRUE(store_->put_event(event("1", {kPaid})).value().has_value());
}

TEST_P(StoreConformance, EventsWithoutAFateAreListedWithTheirKeys) {
  const auto first = store_->put_event(event("1", {kPaid, kPacked})).value();
  const auto second = store_->put_event(event("2", {kPaid})).value();
  store_->put_event(event("3", {kPaid}, kBegin + Millis(1)));
  const auto found = store_->list_new_events(kBegin + Millis(1), 0, 10).value();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].number, first);
  EXPECT_THAT(found[0].keys, testing::UnorderedElementsAre(kPaid, kPacked));
  EXPECT_EQ(found[1].envelope, "{\"id\":\"2\"}");
  EXPECT_EQ(store_->list_new_events(kBegin + Millis(1), 0, 1)->size(), 1u);
  EXPECT_EQ(store_->list_new_events(kBegin + Millis(1), *first, 10)->front().number, second);
  store_->settle_event(*first, EventFate::kKept);
  store_->settle_event(*second, EventFate::kTaken);
  store_->settle_event(*second, EventFate::kKept);  // somebody was faster
  EXPECT_THAT(store_->list_new_events(kBegin + Millis(1), 0, 10).value(), IsEmpty());
  EXPECT_EQ(store_->count_kept_events().value(), 1u);
}

TEST_P(StoreConformance, EventsThatNobodyHasAreFoundByTheirKeys) {
  store_->put_event(event("early", {kPaid}, kBegin - Millis(1)));
  store_->put_event(event("1", {kPaid, kPacked}));
  const auto second = store_->put_event(event("2", {kPacked})).value();
  const auto third = store_->put_event(event("3", {kPaid})).value();
  const auto find = [&](const std::vector<EventKey>& keys, std::uint64_t after = 0, std::size_t limit = 10) {
    std::vector<EventWish> wishes;
    for (const auto& key : keys) wishes.push_back({key, kBegin});
    return envelopes(store_->find_events(wishes, after, limit));
  };
  EXPECT_THAT(find({kPaid}), ElementsAre("{\"id\":\"1\"}", "{\"id\":\"3\"}"));
  EXPECT_THAT(find({kPaid, kPacked}), ElementsAre("{\"id\":\"1\"}", "{\"id\":\"2\"}", "{\"id\":\"3\"}"));
  EXPECT_THAT(find({kPaid, kPacked}, *second, 10), ElementsAre("{\"id\":\"3\"}"));
  EXPECT_THAT(find({kPaid, kPacked}, 0, 2), ElementsAre("{\"id\":\"1\"}", "{\"id\":\"2\"}"));
  EXPECT_THAT(find({{"shape-1", R"(["A2"])"}}), IsEmpty());
  const auto both = store_->find_events({{kPaid, kBegin - Millis(1)}, {kPacked, kBegin}}, 0, 2).value();
  ASSERT_EQ(both.size(), 2u);
  EXPECT_THAT(both[0].keys, ElementsAre(kPaid));
  EXPECT_THAT(both[1].keys, testing::UnorderedElementsAre(kPaid, kPacked));
  store_->settle_event(*second, EventFate::kKept);
  store_->settle_event(*third, EventFate::kTaken);
  EXPECT_THAT(find({kPaid, kPacked}), ElementsAre("{\"id\":\"1\"}", "{\"id\":\"2\"}"));
}

TEST_P(StoreConformance, OldEventsAreForgotten) {
  const auto number = store_->put_event(event("1", {kPaid})).value();
  store_->settle_event(*number, EventFate::kTaken);
  store_->put_event(event("2", {kPaid}));
  store_->put_event(event("3", {kPaid}, kBegin + Millis(5)));
  EXPECT_EQ(store_->remove_events(kBegin + Millis(5), 1).value(), 1u);
  EXPECT_EQ(store_->remove_events(kBegin + Millis(5), 10).value(), 1u);
  EXPECT_EQ(store_->remove_events(kBegin + Millis(5), 10).value(), 0u);
  EXPECT_TRUE(store_->put_event(event("1", {kPaid})).value().has_value());
  EXPECT_THAT(envelopes(store_->find_events({{kPaid, kBegin}}, 0, 10)),
              ElementsAre("{\"id\":\"3\"}", "{\"id\":\"1\"}"));
}

TEST_P(StoreConformance, WhatIsListenedForIsWrittenWithTheAppend) {
  commit(*store_, listening(start(execution(1)), {{"a", kPaid}}));
  commit(*store_, start(execution(2)));
  commit(*store_, listening(next(execution(2), 1), {{"b", kPaid}, {"b", kPacked}}));
  const auto listeners = [&](const EventKey& key) { return store_->list_listeners(key, {}, 10).value(); };
  EXPECT_THAT(listeners(kPaid), ElementsAre(Listener{execution(1), "a"}, Listener{execution(2), "b"}));
  EXPECT_THAT(listeners(kPacked), ElementsAre(Listener{execution(2), "b"}));
  EXPECT_THAT(store_->list_listeners(kPaid, Listener{execution(1), "a"}, 10).value(),
              ElementsAre(Listener{execution(2), "b"}));
  EXPECT_THAT(store_->list_listeners(kPaid, {}, 1).value(), ElementsAre(Listener{execution(1), "a"}));

  // Nothing said: as before. A whole list: nothing else. A conflict: nothing at all.
  commit(*store_, next(execution(2), 2));
  EXPECT_EQ(listeners(kPaid).size(), 2u);
  commit(*store_, listening(next(execution(2), 3), {{"b", kPacked}, {"c", kPaid}}));
  EXPECT_THAT(listeners(kPaid), ElementsAre(Listener{execution(1), "a"}, Listener{execution(2), "c"}));
  EXPECT_THAT(listeners(kPacked), ElementsAre(Listener{execution(2), "b"}));
  EXPECT_EQ(commit(*store_, listening(next(execution(2), 3), {})).verdict, Verdict::kConflict);
  EXPECT_EQ(listeners(kPacked).size(), 1u);
  commit(*store_, listening(next(execution(2), 4), {}));
  EXPECT_THAT(listeners(kPacked), IsEmpty());
  EXPECT_THAT(listeners(kPaid), ElementsAre(Listener{execution(1), "a"}));
}

TEST_P(StoreConformance, WhatIsRemovedListensNoMore) {
  commit(*store_, listening(start(execution(1)), {{"a", kPaid}}));
  commit(*store_, next(execution(1), 1, 3, ended()));
  store_->remove_ended(ShardSet().set(), kBegin + Millis(78), {}, 10);
  EXPECT_THAT(store_->list_listeners(kPaid, {}, 10).value(), IsEmpty());
}

TEST_P(StoreConformance, FiltersComeWithTheirDefinitions) {
  store_->put_definition({.digest = "d1",
                          .namespace_name = "shop",
                          .name = "checkout",
                          .version = "1.0.0",
                          .source = "...",
                          .origin = "api",
                          .registered_at = kBegin,
                          .filters = {{"shape-1", "paid", "one"}, {"shape-2", "", "any"}}});
  store_->put_definition({.digest = "d2",
                          .namespace_name = "shop",
                          .name = "checkout",
                          .version = "1.1.0",
                          .source = "...",
                          .origin = "api",
                          .registered_at = kBegin,
                          .filters = {{"shape-1", "paid", "one"}, {"shape-3", "packed", "other"}}});
  EXPECT_THAT(store_->list_filters("paid").value(), ElementsAre("one", "any"));
  EXPECT_THAT(store_->list_filters("packed").value(), ElementsAre("any", "other"));
  EXPECT_THAT(store_->list_filters("shipped").value(), ElementsAre("any"));
}

}  // namespace
}  // namespace skald::storage::test
