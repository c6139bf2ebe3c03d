#include <gmock/gmock.h>

#include "tests/storage/faulty_vfs.hpp"
#include "tests/storage/sqlite_fixture.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SqliteFailure : public SqliteTest {};

TEST_F(SqliteFailure, AFileAtItsBoundRejectsAndKeepsWhatItHas) {
  auto bounded = options();
  bounded.bytes_max = 1024 * 1024;
  auto store = open(bounded).value();
  std::uint64_t written = 0;
  AppendResult result;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    auto append = start(execution(i));
    append.rows[0].data = std::string(8'000, 'x');
    result = commit(*store, append);
    if (result.verdict != Verdict::kWritten) break;
    ++written;
  }
  ASSERT_EQ(result.verdict, Verdict::kRejected);
  EXPECT_EQ(result.error->code, "store.full");
  EXPECT_FALSE(store->is_writable());
  EXPECT_THAT(store->health().reason, HasSubstr("the disk of the database is full"));
  EXPECT_THAT(telemetry_.errors(), ElementsAre("store.full"));
  EXPECT_EQ(live(*store).size(), written);
  EXPECT_THAT(fatal_, IsEmpty());
  store.reset();
  store = open();
  EXPECT_EQ(live(*store).size(), written);
  EXPECT_EQ(commit(*store, start(execution(900))).verdict, Verdict::kWritten);
}

TEST_F(SqliteFailure, AFullDiskAtTheCommitIsADefiniteNo) {
  FaultyVfs files;
  auto store = open();
  EXPECT_EQ(commit(*store, start(execution(1))).verdict, Verdict::kWritten);
  files.fill_disk();
  Collector sink;
  for (std::uint64_t i = 2; i < 6; ++i) store->append({.appends = {start(execution(i))}, .ticket = i}, sink);
  for (const auto& result : sink.wait(4)) {
    EXPECT_EQ(result.verdict, Verdict::kRejected);
    EXPECT_EQ(result.error->code, "store.full");
  }
  EXPECT_FALSE(store->is_writable());
  files.heal();
  EXPECT_EQ(commit(*store, start(execution(7))).verdict, Verdict::kWritten);
  EXPECT_TRUE(store->is_writable());
  EXPECT_THAT(live(*store), ElementsAre(execution(1), execution(7)));
  store.reset();
  EXPECT_THAT(live(*open()), ElementsAre(execution(1), execution(7)));
  EXPECT_THAT(fatal_, IsEmpty());
}

TEST_F(SqliteFailure, AFailedSyncLeavesTheCommitUnknownAndEndsTheStore) {
  FaultyVfs files;
  auto store = open();
  EXPECT_EQ(commit(*store, start(execution(1))).verdict, Verdict::kWritten);
  files.break_syncs();
  const auto result = commit(*store, start(execution(2)));
  EXPECT_EQ(result.verdict, Verdict::kUnknown);
  EXPECT_EQ(result.error->code, "store.unknown");
  EXPECT_THAT(fatal_, ElementsAre("store.unknown"));
  files.heal();
  // Nothing goes on behind an unknown commit, even where it could.
  const auto later = commit(*store, start(execution(3)));
  EXPECT_EQ(later.verdict, Verdict::kRejected);
  EXPECT_EQ(later.error->code, "store.unknown");
  EXPECT_FALSE(store->is_writable());
  EXPECT_EQ(fatal_.size(), 1u);
  store.reset();
  EXPECT_FALSE(open()->read_execution(execution(3)));
}

TEST_F(SqliteFailure, AFailedWriteAtTheCommitIsUnknownToo) {
  FaultyVfs files;
  auto store = open();
  files.break_writes();
  EXPECT_EQ(commit(*store, start(execution(2))).verdict, Verdict::kUnknown);
  EXPECT_THAT(fatal_, ElementsAre("store.unknown"));
  files.heal();
}

TEST_F(SqliteFailure, ALockedDatabaseRejectsAfterTheBusyTimeoutAndRecovers) {
  auto hurried = options();
  hurried.busy_timeout = Millis(20);
  auto store = open(hurried).value();
  EXPECT_EQ(commit(*store, start(execution(1))).verdict, Verdict::kWritten);
  {
    PlainConnection other(path_);
    other.run("BEGIN IMMEDIATE");
    const auto result = commit(*store, start(execution(2)));
    EXPECT_EQ(result.verdict, Verdict::kRejected);
    EXPECT_EQ(result.error->code, "store.busy");
    EXPECT_FALSE(store->is_writable());
    EXPECT_TRUE(store->read_execution(execution(1)));  // reads go on
    EXPECT_EQ(store->put_definition({.digest = "d"}).error().code, "store.unavailable");
  }
  EXPECT_EQ(commit(*store, start(execution(3))).verdict, Verdict::kWritten);
  EXPECT_TRUE(store->is_writable());
  EXPECT_THAT(live(*store), ElementsAre(execution(1), execution(3)));
}

TEST_F(SqliteFailure, AShorterLockIsWaitedFor) {
  auto store = open();
  Collector sink;
  {
    PlainConnection other(path_);
    other.run("BEGIN IMMEDIATE; CREATE TABLE other (a)");
    store->append({.appends = {start(execution(1))}, .ticket = 1}, sink);
    other.run("COMMIT");
  }
  EXPECT_EQ(sink.wait(1)[0].verdict, Verdict::kWritten);
}

TEST_F(SqliteFailure, AnotherOwnerFencesEverything) {
  auto store = open();
  EXPECT_EQ(commit(*store, start(execution(1))).verdict, Verdict::kWritten);
  PlainConnection(path_).run("UPDATE shards SET epoch = epoch + 1, owner = 'other'");
  const auto result = commit(*store, start(execution(2)));
  EXPECT_EQ(result.verdict, Verdict::kFenced);
  EXPECT_EQ(result.error->code, "store.fenced");
  EXPECT_EQ(commit(*store, next(execution(1), 1)).verdict, Verdict::kFenced);
  EXPECT_THAT(fatal_, ElementsAre("store.fenced"));
  EXPECT_FALSE(store->is_writable());
  EXPECT_FALSE(store->read_execution(execution(2)));
}

TEST_F(SqliteFailure, LittleSpaceIsSaidAndStillWritten) {
  auto demanding = options();
  demanding.free_bytes_min = std::uint64_t{1} << 60;
  auto store = open(demanding).value();
  const auto health = store->health();
  EXPECT_TRUE(health.low_on_space);
  EXPECT_TRUE(health.writable);
  EXPECT_THAT(health.reason, HasSubstr("MiB are needed to start executions"));
  EXPECT_EQ(commit(*store, start(execution(1))).verdict, Verdict::kWritten);
}

TEST_F(SqliteFailure, WhatIsStoredWronglyIsCalledCorrupt) {
  auto store = open();
  commit(*store, start(execution(1)));
  PlainConnection(path_).run("UPDATE executions SET labels = '[1]'");
  const auto error = store->read_execution(execution(1)).error();
  EXPECT_EQ(error.code, "store.corrupt");
  EXPECT_EQ(error.message, "labels or documents are not a JSON object");
}

TEST_F(SqliteFailure, DataIsNotToldInErrors) {
  auto store = open();
  auto append = start(execution(1));
  append.summary->wake_at.reset();
  append.rows[0].data = "hunter2";
  append.create->idempotency_key = "hunter2";
  const auto result = commit(*store, append);
  ASSERT_EQ(result.verdict, Verdict::kRejected);
  EXPECT_THAT(to_text(*result.error), Not(HasSubstr("hunter2")));
  EXPECT_THAT(result.error->detail, HasSubstr("CHECK constraint failed"));
}

}  // namespace
}  // namespace skald::storage::test
