// What workflows collect of events until they start with them: a row each, written by whoever saw the latest one.
#include <gmock/gmock.h>

#include "tests/storage/conformance.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;
using testing::FieldsAre;

CollectionKey collection(const std::string& name, const std::string& key = R"(["A1"])") {
  return {.workflow = {.namespace_name = "shop", .name = name}, .key = key};
}

CollectionWrite change(std::uint64_t revision, const std::string& state, std::optional<std::uint64_t> event = {},
                       Timestamp at = kBegin) {
  return {.revision = revision, .state = state, .event = event, .at = at};
}

// The revision of a collection that an event has begun.
std::uint64_t begun_by(std::uint64_t event) {
  return first_revision(change(0, "", event));
}

std::uint64_t put(Store& store, const std::string& id, Timestamp at = kBegin) {
  return store.put_event({.source = "psp", .id = id, .envelope = "{}", .received_at = at, .keys = {}}).value().value();
}

TEST_P(StoreConformance, ACollectionIsReadAsItWasWritten) {
  const auto first = put(*store_, "1");
  const auto key = collection("pairs", "[\"\xC3\xA4 'b' \xF0\x9F\x93\xA6\"]");
  EXPECT_THAT(store_->read_collection(key, first).value(), FieldsAre(0u, "", false));
  const std::string state = "{\"events\":[\"z\xC3\xBCge \xE6\xBC\xA2 \xF0\x9F\x93\xA6 'x' \\u0000 :y\"]}";
  EXPECT_TRUE(store_->write_collection(key, change(0, state, first)).value());
  const auto revision = begun_by(first);
  EXPECT_THAT(store_->read_collection(key, first).value(), FieldsAre(revision, state, true));
  const std::string longer(200'000, 'x');
  EXPECT_TRUE(store_->write_collection(key, change(revision, longer)).value());
  EXPECT_THAT(store_->read_collection(key, 0).value(), FieldsAre(revision + 1, longer, false));
}

TEST_P(StoreConformance, ACollectionIsWrittenByWhoSawTheLatest) {
  const auto key = collection("pairs");
  EXPECT_TRUE(store_->write_collection(key, change(0, "one")).value());
  // Another node began it, too, and one is late.
  EXPECT_FALSE(store_->write_collection(key, change(0, "other")).value());
  EXPECT_TRUE(store_->write_collection(key, change(1, "two")).value());
  EXPECT_FALSE(store_->write_collection(key, change(1, "late")).value());
  EXPECT_FALSE(store_->write_collection(key, change(3, "early")).value());
  EXPECT_THAT(store_->read_collection(key, 0).value(), FieldsAre(2u, "two", false));
  const auto unknown = collection("unknown");
  EXPECT_FALSE(store_->write_collection(unknown, change(1, "one")).value());
  EXPECT_THAT(store_->read_collection(unknown, 0).value(), FieldsAre(0u, "", false));
}

TEST_P(StoreConformance, ACollectionIsOfOneKeyOfOneWorkflow) {
  const auto key = collection("pairs"), other_key = collection("pairs", "[]"), other_name = collection("triples");
  auto other_namespace = key;
  other_namespace.workflow.namespace_name = "depot";
  std::uint64_t n = 0;
  for (const auto& each : {key, other_key, other_name, other_namespace}) {
    EXPECT_TRUE(store_->write_collection(each, change(0, std::to_string(++n))).value());
  }
  EXPECT_TRUE(store_->write_collection(other_key, change(1, "2b")).value());
  EXPECT_THAT(store_->read_collection(key, 0).value(), FieldsAre(1u, "1", false));
  EXPECT_THAT(store_->read_collection(other_key, 0).value(), FieldsAre(2u, "2b", false));
  EXPECT_THAT(store_->read_collection(other_name, 0).value(), FieldsAre(1u, "3", false));
  EXPECT_THAT(store_->read_collection(other_namespace, 0).value(), FieldsAre(1u, "4", false));
}

TEST_P(StoreConformance, AnEmptyCollectionIsNone) {
  const auto first = put(*store_, "1"), second = put(*store_, "2");
  const auto key = collection("pairs");
  EXPECT_EQ(store_->count_collections().value(), 0u);
  EXPECT_TRUE(store_->write_collection(key, change(0, "one", first)).value());
  EXPECT_TRUE(store_->write_collection(collection("other"), change(0, "one")).value());
  EXPECT_EQ(store_->count_collections().value(), 2u);
  EXPECT_FALSE(store_->write_collection(key, change(1, "")).value());
  EXPECT_TRUE(store_->write_collection(key, change(begun_by(first), "")).value());
  EXPECT_THAT(store_->read_collection(key, first).value(), FieldsAre(0u, "", true));
  EXPECT_EQ(store_->count_collections().value(), 1u);
  // The one that is begun anew is not taken for the one that was seen before.
  EXPECT_TRUE(store_->write_collection(key, change(0, "two", second)).value());
  EXPECT_FALSE(store_->write_collection(key, change(begun_by(first), "late")).value());
  EXPECT_FALSE(store_->write_collection(key, change(begun_by(first), "")).value());
  EXPECT_THAT(store_->read_collection(key, second).value(), FieldsAre(begun_by(second), "two", true));
}

TEST_P(StoreConformance, AnEventComesIntoAWorkflowOnce) {
  const auto first = put(*store_, "1"), second = put(*store_, "2");
  const auto key = collection("pairs"), other_key = collection("pairs", "[]"), other_name = collection("triples");
  auto other_namespace = key;
  other_namespace.workflow.namespace_name = "depot";
  EXPECT_TRUE(store_->write_collection(key, change(0, "one", first)).value());
  // Offered again, under the same key and under another one.
  EXPECT_FALSE(store_->write_collection(key, change(begun_by(first), "again", first)).value());
  EXPECT_FALSE(store_->write_collection(other_key, change(0, "again", first)).value());
  EXPECT_THAT(store_->read_collection(key, first).value(), FieldsAre(begun_by(first), "one", true));
  EXPECT_THAT(store_->read_collection(key, second).value(), FieldsAre(begun_by(first), "one", false));
  EXPECT_THAT(store_->read_collection(other_key, first).value(), FieldsAre(0u, "", true));
  for (const auto& other : {other_name, other_namespace}) {
    EXPECT_THAT(store_->read_collection(other, first).value(), FieldsAre(0u, "", false));
    EXPECT_TRUE(store_->write_collection(other, change(0, "theirs", first)).value());
    EXPECT_THAT(store_->read_collection(other, first).value(), FieldsAre(begun_by(first), "theirs", true));
  }
}

TEST_P(StoreConformance, AnEventDoesNotComeInWithWhatIsNotWritten) {
  const auto first = put(*store_, "1"), late = put(*store_, "2");
  const auto key = collection("pairs"), unknown = collection("triples");
  EXPECT_TRUE(store_->write_collection(key, change(0, "one", first)).value());
  EXPECT_FALSE(store_->write_collection(key, change(0, "late", late)).value());
  EXPECT_FALSE(store_->write_collection(key, change(7, "early", late)).value());
  EXPECT_THAT(store_->read_collection(key, late).value(), FieldsAre(begun_by(first), "one", false));
  EXPECT_FALSE(store_->write_collection(unknown, change(1, "two", late)).value());
  EXPECT_THAT(store_->read_collection(unknown, late).value(), FieldsAre(0u, "", false));
  // Nothing is left open either.
  EXPECT_EQ(commit(*store_, start(execution(1))).verdict, Verdict::kWritten);
  EXPECT_TRUE(store_->write_collection(key, change(begun_by(first), "two", late)).value());
  EXPECT_THAT(store_->read_collection(key, late).value(), FieldsAre(begun_by(first) + 1, "two", true));
}

TEST_P(StoreConformance, ACollectedEventIsKnownAsLongAsItIsRemembered) {
  const auto taken = put(*store_, "1"), kept = put(*store_, "2"), wanted = put(*store_, "3");
  const auto later = put(*store_, "4", kBegin + Millis(5));
  const auto key = collection("pairs"), other_name = collection("triples");
  std::uint64_t revision = 0;
  for (const std::uint64_t each : {taken, kept, wanted, later}) {
    EXPECT_TRUE(store_->write_collection(key, change(revision, "some", each)).value());
    revision = revision == 0 ? begun_by(taken) : revision + 1;
  }
  EXPECT_TRUE(store_->write_collection(other_name, change(0, "some", wanted)).value());
  ASSERT_TRUE(store_->settle_event(taken, EventFate::kTaken));
  ASSERT_TRUE(store_->settle_event(kept, EventFate::kKept));
  ASSERT_TRUE(store_->settle_event(wanted, EventFate::kDropped));  // by a node that knows no such workflow yet
  const auto is_known = [&](std::uint64_t number) { return store_->read_collection(key, number)->has_event; };
  EXPECT_TRUE(is_known(taken));
  EXPECT_TRUE(is_known(kept));
  EXPECT_TRUE(is_known(wanted));
  EXPECT_TRUE(store_->read_collection(other_name, wanted)->has_event);
  EXPECT_FALSE(store_->write_collection(key, change(revision, "again", taken)).value());
  ASSERT_EQ(store_->remove_events(kBegin + Millis(5), 10).value(), 3u);
  EXPECT_FALSE(is_known(taken));
  EXPECT_FALSE(is_known(kept));
  EXPECT_FALSE(is_known(wanted));
  EXPECT_TRUE(is_known(later));
  EXPECT_THAT(store_->read_collection(key, 0).value(), FieldsAre(revision, "some", false));
}

TEST_P(StoreConformance, TheOldestCollectionsAreForgotten) {
  const auto first = put(*store_, "1");
  const auto a = collection("a"), b = collection("b"), c = collection("c"), late = collection("late");
  const auto write = [&](const CollectionKey& key, std::uint64_t revision, Millis after,
                         std::optional<std::uint64_t> event = {}) {
    EXPECT_TRUE(store_->write_collection(key, change(revision, "some", event, kBegin + after)).value());
  };
  const auto revision_of_row = [&](const CollectionKey& key) { return store_->read_collection(key, 0)->revision; };
  write(c, 0, Millis(1));
  write(a, 0, Millis(3));
  write(b, 0, Millis(2), first);
  write(late, 0, Millis(9));
  write(c, 1, Millis(4));  // it was the oldest
  EXPECT_EQ(store_->remove_collections(kBegin + Millis(9), 1).value(), 1u);
  EXPECT_EQ(revision_of_row(b), 0u);
  EXPECT_EQ(revision_of_row(a), 1u);
  EXPECT_EQ(store_->remove_collections(kBegin + Millis(4), 10).value(), 1u);
  EXPECT_EQ(revision_of_row(a), 0u);
  EXPECT_EQ(revision_of_row(c), 2u);
  EXPECT_EQ(store_->remove_collections(kBegin + Millis(9), 10).value(), 1u);
  EXPECT_EQ(store_->remove_collections(kBegin + Millis(9), 10).value(), 0u);
  EXPECT_EQ(revision_of_row(late), 1u);
  // What it had does not come in again when it is begun anew.
  EXPECT_FALSE(store_->write_collection(b, change(0, "again", first)).value());
  write(b, 0, Millis(10));
  EXPECT_THAT(store_->read_collection(b, first).value(), FieldsAre(1u, "some", true));
}

}  // namespace
}  // namespace skald::storage::test
