#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "tests/storage/sqlite_fixture.hpp"

namespace skald::storage::test {
namespace {

using namespace ports;
using testing::HasSubstr;

class SqliteOpen : public SqliteTest {};

TEST_F(SqliteOpen, ASecondProcessIsRefusedAndToldWhy) {
  auto store = open();
  const auto error = open(options()).error();
  EXPECT_EQ(error.code, "store.locked");
  EXPECT_EQ(to_text(error), path_ + ": the database is in use by process " + std::to_string(::getpid()) +
                                "; stop that process, or give this one another --storage");
  store.reset();
  EXPECT_TRUE(open(options()));
}

TEST_F(SqliteOpen, EachOpeningHasAHigherEpoch) {
  const auto first = open()->epoch();
  const auto second = open()->epoch();
  EXPECT_GT(second, first);
}

TEST_F(SqliteOpen, WhatWasWrittenIsThereAgain) {
  {
    auto store = open();
    commit(*store, start(execution(1), "key", "print"));
    commit(*store, next(execution(1), 1, 3, running("PAID")));
    (void)store->put_definition({.digest = "d", .namespace_name = "n", .name = "w", .version = "1.0.0", .source = "s"});
  }
  const auto store = open();
  EXPECT_EQ(store->read_execution(execution(1)).value().summary.status, "PAID");
  EXPECT_EQ(store->read_history(execution(1), 0, 10).value().size(), 4u);
  EXPECT_EQ(store->get_definition("d").value()->source, "s");
  EXPECT_EQ(commit(*store, start(execution(2), "key")).verdict, Verdict::kDuplicate);
}

TEST_F(SqliteOpen, OtherUrlsAreRefused) {
  for (const char* url : {"", "sqlite:", "skald.db", "mysql:x", "sqlite:a\"b"}) {
    const auto error = open_store(url, options()).error();
    EXPECT_EQ(error.code, "store.url") << url;
    EXPECT_EQ(error.message, std::string("the storage must be sqlite:PATH or postgresql://... (got '") + url + "')");
  }
}

TEST_F(SqliteOpen, AMissingFolderIsNamed) {
  const auto error = open_store("sqlite:" + folder_.file("none/skald.db"), options()).error();
  EXPECT_EQ(error.code, "store.unavailable");
  EXPECT_EQ(error.message, "the lock file cannot be opened: No such file or directory");
  EXPECT_EQ(error.subject, folder_.file("none/skald.db.lock"));
}

TEST_F(SqliteOpen, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
  const std::string text(5000, 'x');
  std::ofstream(path_) << text;
  const auto error = open(options()).error();
  EXPECT_EQ(error.code, "store.unavailable");
  EXPECT_EQ(error.subject, path_);
  EXPECT_THAT(error.detail, HasSubstr("file is not a database"));
  std::ifstream file(path_);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
}

TEST_F(SqliteOpen, TablesAreReadableWithPlainSql) {
  auto store = open();
  commit(*store, start(execution(1)));
  PlainConnection plain(path_);
  EXPECT_EQ(plain.run("SELECT group_concat(name) FROM pragma_table_info('history')"),
            "execution,position,epoch,at,kind,version,step,attempt,actor,data");
  EXPECT_EQ(plain.run("SELECT execution FROM history"), to_string(execution(1)));
  EXPECT_EQ(plain.run("SELECT json_extract(data, '$.a') FROM history"), "1");
  EXPECT_EQ(plain.run("SELECT datetime(at / 1000, 'unixepoch') FROM history"), "2026-11-21 08:00:00");
  EXPECT_EQ(plain.run("SELECT count(*) || ' ' || min(owner) FROM shards"), "256 local");
}

TEST_F(SqliteOpen, HistoryCannotHaveTwoRowsAtAPosition) {
  auto store = open();
  commit(*store, start(execution(1)));
  PlainConnection plain(path_);
  EXPECT_THROW(plain.run("INSERT INTO history SELECT * FROM history"), std::runtime_error);
}

TEST_F(SqliteOpen, ListsOfWhatIsLiveUseTheirIndexes) {
  auto store = open();
  PlainConnection plain(path_);
  const auto plan = [&](const std::string& sql) { return plain.run("EXPLAIN QUERY PLAN " + sql, 3); };
  const std::string wake_ups = "SELECT wake_at, id FROM executions WHERE resting = 0 AND wake_at <= 5";
  const std::string in_order = " ORDER BY wake_at, id LIMIT 10";
  EXPECT_EQ(plan(wake_ups + in_order),
            "SEARCH executions USING COVERING INDEX executions_wake (resting=? AND wake_at<?)");
  EXPECT_EQ(plan(wake_ups + " AND (wake_at, id) > (3, 'a')" + in_order),
            "SEARCH executions USING COVERING INDEX executions_wake (resting=? AND (wake_at,id)>(?,?) AND wake_at<?)");
  EXPECT_THAT(plan("SELECT max(position) FROM history WHERE execution = 'a'"),
              testing::StartsWith("SEARCH history USING COVERING INDEX"));
}

}  // namespace
}  // namespace skald::storage::test
