// Events that come into one collection from several nodes at the same time.
#include "engine/runtime/event_collector.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "storage/memory_store.hpp"

namespace skald::runtime {
namespace {

const ports::CollectionKey kKey{.workflow = {.namespace_name = "shop", .name = "pairing"}, .key = "rule/[]"};

// Another node may write between what is read and what is written after it.
class BusyStore final : public storage::MemoryStore {
 public:
  Result<ports::StoredCollection> read_collection(const ports::CollectionKey& key, std::uint64_t event) override {
    auto read = MemoryStore::read_collection(key, event);
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    return read;
  }

  std::function<void()> meanwhile;
};

class EventCollectorTest : public testing::Test {
 protected:
  EventCollectorTest() {
    const auto compile = [](const char* type) {
      return definition::EventFilter::compile({{"type", type}}, Json::object()).value();
    };
    rule_.strategy = definition::EventConsumption::Strategy::kAll;
    rule_.wanted = 2;
    rule_.patterns = {{compile("left"), {}, {}}, {compile("right"), {}, {}}};
  }

  Collected bring(std::uint64_t number, const std::string& type) {
    const Json event = {{"id", std::to_string(number)}, {"source", "shop"}, {"type", type}};
    const auto match = match_event(rule_, event).value();
    const ports::StoredEvent stored{.number = number, .envelope = dump_json(event), .keys = {}};
    return collect(store_, {kKey, rule_, match, stored}, Timestamp{}).value();
  }

  BusyStore store_;
  definition::Schedule::On rule_;
};

TEST_F(EventCollectorTest, WhatAnotherNodeBringsInMeanwhileIsNotLost) {
  store_.meanwhile = [&] { bring(1, "left"); };
  const auto collected = bring(2, "right");
  EXPECT_TRUE(collected.is_taken);
  ASSERT_EQ(collected.ready.size(), 1u);
  EXPECT_EQ(collected.ready.front().size(), 2u);
}

TEST_F(EventCollectorTest, TheSameEventFromAnotherNodeComesInOnce) {
  bring(1, "left");
  store_.meanwhile = [&] { bring(2, "right"); };
  EXPECT_EQ(bring(2, "right").ready.size(), 1u);
  EXPECT_EQ(bring(3, "left").ready.size(), 1u);
}

TEST_F(EventCollectorTest, WhatIsForgottenMeanwhileStaysForgotten) {
  bring(1, "left");
  const auto first = bring(2, "right").ready;
  store_.meanwhile = [&] { EXPECT_TRUE(forget(store_, kKey, first, Timestamp{})); };
  EXPECT_TRUE(bring(3, "left").ready.empty());
  const auto second = bring(4, "right").ready;
  ASSERT_EQ(second.size(), 1u);
  store_.meanwhile = [&] { bring(5, "left"); };
  EXPECT_TRUE(forget(store_, kKey, second, Timestamp{}));
  EXPECT_EQ(bring(6, "right").ready.size(), 1u);
}

}  // namespace
}  // namespace skald::runtime
