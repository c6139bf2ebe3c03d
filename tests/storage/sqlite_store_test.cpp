#include <filesystem>

#include "tests/storage/conformance.hpp"
#include "tests/storage/sqlite_fixture.hpp"

namespace skald::storage::test {
namespace {

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance,
                         testing::Values(StoreMaker([](const TemporaryFolder& folder, const StoreOptions& options) {
                           return open_store("sqlite:" + folder.file("a folder's \xC3\xA4.db"), options).value();
                         })));

class SqliteAppend : public SqliteTest {};

// Where a history ends is remembered by who wrote it.
TEST_F(SqliteAppend, ARowOfSomebodyElseConflicts) {
  const auto store = open();
  commit(*store, start(execution(1)));
  PlainConnection(path_).run(
      "INSERT INTO history SELECT execution, 2, epoch, at, kind, version, step, attempt, actor, data FROM history");
  EXPECT_EQ(commit(*store, next(execution(1), 1)).verdict, ports::Verdict::kConflict);
  EXPECT_EQ(commit(*store, next(execution(1), 2)).verdict, ports::Verdict::kWritten);
}

TEST_F(SqliteAppend, ARowThatIsMissingConflictsOnceAnAppendHasFailed) {
  const auto store = open();
  for (std::uint64_t n = 1; n <= 2; ++n) commit(*store, start(execution(n)));
  PlainConnection plain(path_);
  plain.run(
      "INSERT INTO history SELECT execution, 2, epoch, at, kind, version, step, attempt, actor, data FROM history"
      " WHERE execution = '" +
      to_string(execution(2)) + "'");
  plain.run("DELETE FROM history WHERE execution = '" + to_string(execution(1)) + "'");
  EXPECT_EQ(commit(*store, next(execution(2), 1)).verdict, ports::Verdict::kConflict);
  EXPECT_EQ(commit(*store, next(execution(1), 1)).verdict, ports::Verdict::kConflict);
}

TEST_F(SqliteAppend, NothingIsAddedToWhatWasRemoved) {
  const auto store = open();
  commit(*store, start(execution(1)));
  commit(*store, next(execution(1), 1, 3, ended()));
  ASSERT_EQ(commit(*store, next(execution(1), 4, 1, std::nullopt)).verdict, ports::Verdict::kWritten);
  PlainConnection(path_).run("DELETE FROM history");
  EXPECT_EQ(commit(*store, next(execution(1), 5, 1, std::nullopt)).verdict, ports::Verdict::kConflict);
}

class SqliteRemoval : public SqliteTest {
 protected:
  static constexpr std::uint64_t kAMonth = 2'000;

  // A month's executions, which end; then those of the month before are removed.
  static void live_through(Store& store, std::uint64_t month) {
    Collector sink;
    for (std::uint64_t n = month * kAMonth; n < (month + 1) * kAMonth; ++n) {
      auto end = next(execution(n), 1, 3, ended());
      end.summary->ended_at = kBegin + Millis(n);
      store.append({.appends = {start(execution(n)), end}, .ticket = n}, sink);
    }
    (void)sink.wait(kAMonth);
    std::optional<ExecutionId> last;
    do {
      last = store.remove_ended(ports::ShardSet().set(), kBegin + Millis(month * kAMonth), last, 250)->last;
    } while (last);
  }

  std::uintmax_t pages() { return std::stoull(PlainConnection(path_).run("PRAGMA page_count")); }
};

TEST_F(SqliteRemoval, TheFileAndItsLogStopGrowing) {
  const auto store = open();
  for (std::uint64_t month = 0; month < 3; ++month) live_through(*store, month);
  const auto before = pages();
  for (std::uint64_t month = 3; month < 12; ++month) live_through(*store, month);
  EXPECT_LT(pages(), before + before / 4);
  constexpr std::uintmax_t kLogMax = 32u << 20;  // twice what is written back at once
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), kLogMax);
  EXPECT_EQ(PlainConnection(path_).run("SELECT count(*) FROM history"), std::to_string(4 * kAMonth));
}

TEST_F(SqliteRemoval, NothingIsRemovedOnceAnotherProcessHasTakenOver) {
  const auto store = open();
  live_through(*store, 0);
  PlainConnection(path_).run("UPDATE shards SET epoch = epoch + 1");
  const auto removal = store->remove_ended(ports::ShardSet().set(), kBegin + std::chrono::hours(1), {}, 250);
  EXPECT_EQ(removal->executions, 0u);
  EXPECT_EQ(PlainConnection(path_).run("SELECT count(*) FROM executions"), std::to_string(kAMonth));
}

}  // namespace
}  // namespace skald::storage::test
