#include <gmock/gmock.h>

#include "tests/storage/conformance.hpp"

namespace skald::storage::test {

using namespace ports;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<ExecutionId> StoreConformance::found(const ExecutionQuery& query) {
  std::vector<ExecutionId> ids;
  for (const auto& execution : store_->search(query).value()) ids.push_back(execution.id);
  return ids;
}

// Three executions that differ in everything.
void StoreConformance::fill_for_search() {
  auto a = start(execution(1), "key-a");
  a.create->labels = {{"region", "eu"}, {"tier", "gold"}};
  auto b = start(execution(2));
  b.create->namespace_name = "bank";
  b.create->workflow = "transfer";
  b.create->version = "2.1.0";
  b.create->labels = {{"region", "us"}};
  b.create->started_at = kBegin + Millis(10);
  auto c = start(execution(3));
  c.create->replay_of = execution(1);
  c.create->started_at = kBegin + Millis(20);
  c.summary->open_incidents = 1;
  for (const auto& append : {a, b, c}) commit(*store_, append);
  commit(*store_, next(execution(2), 1, 1, ended("faulted")));
}

namespace {

TEST_P(StoreConformance, AnUnknownExecutionIsSaidToBeUnknown) {
  const auto error = store_->read_execution(execution(1)).error();
  EXPECT_EQ(error.code, "execution.unknown");
  EXPECT_EQ(error.subject, to_string(execution(1)));
  EXPECT_EQ(store_->read_history(execution(1), 0, 10).error().code, "execution.unknown");
}

TEST_P(StoreConformance, HistoryIsReadInPages) {
  commit(*store_, start(execution(1)));
  commit(*store_, next(execution(1), 1, 9));
  commit(*store_, start(execution(2)));
  const auto positions = [&](std::uint64_t after, std::size_t limit) {
    std::vector<std::uint64_t> list;
    for (const auto& r : store_->read_history(execution(1), after, limit).value()) list.push_back(r.position);
    return list;
  };
  EXPECT_THAT(positions(0, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(positions(3, 3), ElementsAre(4, 5, 6));
  EXPECT_THAT(positions(8, 100), ElementsAre(9, 10));
  EXPECT_THAT(positions(10, 3), IsEmpty());
  EXPECT_THAT(positions(99, 3), IsEmpty());
}

TEST_P(StoreConformance, TheLiveAreListedInPages) {
  const auto wakes_at = [](std::uint64_t i) { return kBegin + std::chrono::minutes(i < 4 ? 1 : 0); };
  for (std::uint64_t i = 1; i <= 5; ++i) {
    auto append = start(execution(i));
    append.summary->wake_at = wakes_at(i);
    commit(*store_, append);
  }
  commit(*store_, next(execution(3), 1, 1, ended()));
  const auto page = [&](const std::optional<ports::WakeUp>& after) {
    return store_->list_wake_ups(ShardSet().set(), Timestamp::max(), after, 3).value();
  };
  const auto wake_up = [&](std::uint64_t i) { return ports::WakeUp{wakes_at(i), execution(i)}; };
  EXPECT_THAT(page({}), ElementsAre(wake_up(4), wake_up(5), wake_up(1)));
  EXPECT_THAT(page(wake_up(1)), ElementsAre(wake_up(2)));
  EXPECT_THAT(page(wake_up(2)), IsEmpty());
}

TEST_P(StoreConformance, TheDueAreListedEarliestFirst) {
  for (std::uint64_t i = 1; i <= 5; ++i) {
    auto append = start(execution(i));
    append.summary->wake_at = kBegin + std::chrono::minutes(10 - i);
    commit(*store_, append);
  }
  commit(*store_, next(execution(5), 1, 1, ended()));
  EXPECT_THAT(due(*store_, kBegin + std::chrono::minutes(7), 10), ElementsAre(execution(4), execution(3)));
  EXPECT_THAT(due(*store_, kBegin + std::chrono::minutes(9), 2), ElementsAre(execution(4), execution(3)));
  EXPECT_THAT(due(*store_, kBegin, 10), IsEmpty());
  commit(*store_, next(execution(1), 1, 1, running("", kBegin)));
  EXPECT_THAT(due(*store_, kBegin, 10), ElementsAre(execution(1)));
}

TEST_P(StoreConformance, WhatDoesNotRestIsListedInPagesWheneverItWakes) {
  const auto wakes_at = [](std::uint64_t i) { return kBegin + std::chrono::hours(20 - i); };
  for (std::uint64_t i = 1; i <= 6; ++i) {
    auto append = start(execution(i));
    append.summary->wake_at = wakes_at(i);
    append.summary->resting = i % 2 == 0;
    commit(*store_, append);
  }
  commit(*store_, next(execution(5), 1, 1, ended()));
  const auto page = [&](const std::optional<ports::WakeUp>& after) {
    return store_->list_restless(ShardSet().set(), after, 1).value();
  };
  const auto wake_up = [&](std::uint64_t i) { return ports::WakeUp{wakes_at(i), execution(i)}; };
  EXPECT_THAT(page({}), ElementsAre(wake_up(3)));
  EXPECT_THAT(page(wake_up(3)), ElementsAre(wake_up(1)));
  EXPECT_THAT(page(wake_up(1)), IsEmpty());
  // Due are both kinds, in one order.
  EXPECT_THAT(due(*store_, wakes_at(2), 10), ElementsAre(execution(6), execution(4), execution(3), execution(2)));
  EXPECT_THAT(due(*store_, wakes_at(2), 3), ElementsAre(execution(6), execution(4), execution(3)));
  // Going on, and coming to rest again.
  auto summary = running("", wakes_at(6));
  EXPECT_EQ(commit(*store_, next(execution(6), 1, 1, summary)).verdict, Verdict::kWritten);
  EXPECT_EQ(store_->read_execution(execution(6)).value().summary, summary);
  EXPECT_THAT(page({}), ElementsAre(wake_up(6)));
  summary.resting = true;
  EXPECT_EQ(commit(*store_, next(execution(6), 2, 1, summary)).verdict, Verdict::kWritten);
  EXPECT_EQ(store_->read_execution(execution(6)).value().summary, summary);
  EXPECT_THAT(page({}), ElementsAre(wake_up(3)));
  ShardSet other;
  other.set(8);
  EXPECT_THAT(store_->list_restless(other, {}, 10).value(), IsEmpty());
}

TEST_P(StoreConformance, TheLiveAreCounted) {
  for (std::uint64_t i = 1; i <= 5; ++i) commit(*store_, start(execution(i)));
  auto refund = start(execution(6));
  refund.create->workflow = "refund";
  commit(*store_, refund);
  commit(*store_, next(execution(1), 1, 1, ended()));
  auto parked = running();
  parked.phase = "suspended";
  commit(*store_, next(execution(2), 1, 1, parked));
  std::map<std::string, std::uint64_t> counts;
  const auto live = store_->count_live(ShardSet().set()).value();
  for (const auto& c : live) counts[c.namespace_name + "/" + c.workflow + "/" + c.phase] += c.count;
  EXPECT_THAT(counts, ElementsAre(std::pair("shop/checkout/running", 3), std::pair("shop/checkout/suspended", 1),
                                  std::pair("shop/refund/running", 1)));
  EXPECT_EQ(store_->count_live(ShardSet().set(7))->size(), live.size());  // all of them are of shard 7
  EXPECT_THAT(store_->count_live(ShardSet().set(8)).value(), IsEmpty());
}

TEST_P(StoreConformance, SearchFindsByEveryField) {
  fill_for_search();
  const auto one = ElementsAre(execution(1));
  const auto two = ElementsAre(execution(2));
  const auto three = ElementsAre(execution(3));
  EXPECT_THAT(found({}), ElementsAre(execution(3), execution(2), execution(1)));
  EXPECT_THAT(found({.namespace_name = "bank"}), two);
  EXPECT_THAT(found({.workflow = "transfer"}), two);
  EXPECT_THAT(found({.version = "2.1.0"}), two);
  EXPECT_THAT(found({.phase = "faulted"}), two);
  EXPECT_THAT(found({.outcome = "completed"}), two);
  EXPECT_THAT(found({.status = "DONE"}), two);
  EXPECT_THAT(found({.idempotency_key = "key-a"}), one);
  EXPECT_THAT(found({.started_after = kBegin + Millis(10)}), three);
  EXPECT_THAT(found({.started_before = kBegin + Millis(10)}), one);
  EXPECT_THAT(found({.replay_of = execution(1)}), three);
  EXPECT_THAT(found({.text = "KEY-A"}), one);
  EXPECT_THAT(found({.text = "Don"}), two);
  EXPECT_THAT(found({.text = "us"}), two);
  EXPECT_THAT(found({.text = "region"}), IsEmpty());
  EXPECT_THAT(found({.text = "%"}), IsEmpty());
  EXPECT_THAT(found({.text = to_string(execution(3))}), three);
  EXPECT_THAT(found({.with_open_incidents = true}), three);
  EXPECT_THAT(found({.workflow = "checkout", .phase = "running", .replay_of = execution(1)}), three);
  EXPECT_THAT(found({.workflow = "checkout", .phase = "faulted"}), IsEmpty());
}

TEST_P(StoreConformance, SearchFindsByLabelsAndTakesThemLiterally) {
  fill_for_search();
  EXPECT_THAT(found({.labels = {{"region", "us"}}}), ElementsAre(execution(2)));
  EXPECT_THAT(found({.labels = {{"region", "eu"}, {"tier", "gold"}}}), ElementsAre(execution(1)));
  EXPECT_THAT(found({.labels = {{"region", "us"}, {"tier", "gold"}}}), IsEmpty());
  EXPECT_THAT(found({.labels = {{"x') OR 1=1 --", "y"}}}), IsEmpty());
  EXPECT_THAT(found({.labels = {{"region", "' OR '1'='1"}}}), IsEmpty());
  EXPECT_THAT(found({.labels = {{"reg\"ion", "eu"}}}), IsEmpty());
  EXPECT_THAT(found({.status = "' OR '1'='1"}), IsEmpty());
}

TEST_P(StoreConformance, SearchPagesFromTheNewest) {
  fill_for_search();
  EXPECT_THAT(found({.limit = 2}), ElementsAre(execution(3), execution(2)));
  EXPECT_THAT(found({.before = execution(2), .limit = 2}), ElementsAre(execution(1)));
  EXPECT_THAT(found({.before = execution(1), .limit = 2}), IsEmpty());
}

StoredDefinition definition(const std::string& digest, const std::string& name, const std::string& version,
                            std::uint64_t revision = 1) {
  return {.digest = digest,
          .namespace_name = "shop",
          .name = name,
          .version = version,
          .revision = revision,
          .source = "document: '" + digest + "'\n",
          .origin = "file:checkout.yaml",
          .registered_at = kBegin};
}

TEST_P(StoreConformance, ADefinitionIsStoredOnce) {
  const auto stored = store_->put_definition(definition("d1", "checkout", "1.0.0")).value();
  EXPECT_EQ(stored.revision, 1u);
  auto again = definition("d1", "checkout", "1.0.0");
  again.registered_at = kBegin + Millis(5);
  again.origin = "api";
  EXPECT_EQ(store_->put_definition(again).value().registered_at, kBegin);
  const auto read = store_->get_definition("d1").value().value();
  EXPECT_EQ(read.namespace_name, "shop");
  EXPECT_EQ(read.name, "checkout");
  EXPECT_EQ(read.version, "1.0.0");
  EXPECT_EQ(read.source, "document: 'd1'\n");
  EXPECT_EQ(read.origin, "file:checkout.yaml");
  EXPECT_EQ(read.registered_at, kBegin);
  EXPECT_EQ(store_->get_definition("d2").value(), std::nullopt);
}

TEST_P(StoreConformance, ADefinitionKeepsItsDocuments) {
  StoredDefinition with = definition("d1", "checkout", "1.0.0");
  with.documents = {{"openapi/a.yaml", "openapi: 3.1.0\nx: \"\\u0041 ä\"\n"},
                    {"https://a/b", std::string(1'000'000, 'x')}};
  (void)store_->put_definition(with);
  (void)store_->put_definition(definition("d2", "checkout", "1.0.0", 2));
  EXPECT_EQ(store_->get_definition("d1").value()->documents, with.documents);
  EXPECT_THAT(store_->get_definition("d2").value()->documents, IsEmpty());
}

TEST_P(StoreConformance, ASourceIsFoundWithTheDocumentsThatItHadLast) {
  const auto with = [&](const std::string& digest, std::uint64_t revision, const std::string& source) {
    StoredDefinition d = definition(digest, "checkout", "1.0.0", revision);
    d.source = source;
    d.documents = {{"a.yaml", digest}};
    EXPECT_EQ(store_->put_definition(d).value().digest, digest);
  };
  with("d1", 1, "one");
  with("d2", 2, "one");
  with("d3", 3, "two");
  const auto found = store_->find_source("one").value().value();
  EXPECT_EQ(found.digest, "d2");
  EXPECT_EQ(found.revision, 2u);
  EXPECT_EQ(found.documents.at("a.yaml"), "d2");
  EXPECT_EQ(store_->find_source("two").value()->digest, "d3");
  EXPECT_EQ(store_->find_source("three").value(), std::nullopt);
}

TEST_P(StoreConformance, OtherContentUnderAVersionIsItsNextRevision) {
  (void)store_->put_definition(definition("d1", "checkout", "1.0.0"));
  EXPECT_EQ(store_->put_definition(definition("d2", "checkout", "1.0.0", 2)).value().revision, 2u);
  (void)store_->put_definition(definition("d3", "checkout", "2.0.0"));
  (void)store_->put_definition(definition("d4", "refund", "1.0.0"));
  const auto digests = [](const std::vector<ports::StoredRevision>& list) {
    std::vector<std::string> digests;
    for (const auto& d : list) digests.push_back(d.digest);
    return digests;
  };
  const auto revisions = store_->list_revisions("shop", "checkout", "1.0.0").value();
  EXPECT_THAT(digests(revisions), ElementsAre("d1", "d2"));
  EXPECT_EQ(revisions[1].name, "checkout");
  EXPECT_EQ(revisions[1].revision, 2u);
  EXPECT_EQ(revisions[1].origin, "file:checkout.yaml");
  EXPECT_EQ(revisions[1].registered_at, kBegin);
  EXPECT_THAT(digests(store_->list_current_definitions({}).value()), ElementsAre("d2", "d3", "d4"));
  const ports::WorkflowName checkout{.namespace_name = "shop", .name = "checkout"};
  EXPECT_THAT(digests(store_->list_current_definitions(checkout).value()), ElementsAre("d2", "d3"));
  EXPECT_THAT(digests(store_->list_revisions("shop", "none", "1.0.0").value()), IsEmpty());
  // The first content again: it is found under its digest all the same.
  EXPECT_EQ(store_->put_definition(definition("d1", "checkout", "1.0.0", 3)).value().revision, 3u);
  EXPECT_THAT(digests(store_->list_current_definitions({}).value()), ElementsAre("d1", "d3", "d4"));
  EXPECT_TRUE(store_->get_definition("d2").value());
}

TEST_P(StoreConformance, ARevisionThatIsNotTheNextOneIsNotStored) {
  (void)store_->put_definition(definition("d1", "checkout", "1.0.0"));
  EXPECT_EQ(store_->put_definition(definition("d2", "checkout", "1.0.0", 1)).value().digest, "d1");
  EXPECT_EQ(store_->put_definition(definition("d2", "checkout", "1.0.0", 3)).value().digest, "d1");
  EXPECT_EQ(store_->get_definition("d2").value(), std::nullopt);
}

TEST_P(StoreConformance, IsWritableAndHasAnEpoch) {
  EXPECT_TRUE(store_->is_writable());
  EXPECT_EQ(store_->health().reason, "");
  EXPECT_EQ(store_->epoch() > 0, store_->leases() == nullptr);
}

}  // namespace

}  // namespace skald::storage::test
