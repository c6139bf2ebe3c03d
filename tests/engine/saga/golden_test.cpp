// Histories as they are stored, for all time: each golden/*.rows is what some database holds, and golden/*.state what
// it must lead to.
//
// Nothing writes these files. A row that must change to pass means that existing databases become unreadable: give the
// event a new version, which is read beside the old one, and add rows of it. A field that State has gained may be added
// to *.state by hand.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "engine/saga/event_codec.hpp"
#include "engine/saga/event_kinds.hpp"
#include "tests/engine/saga/saga_bench.hpp"
#include "tests/support/files.hpp"

namespace skald::saga {
namespace {

namespace fs = std::filesystem;
using Row = SagaBench::Row;

const fs::path kGolden = fs::path(SKALD_SOURCE_DIR) / "tests/engine/saga/golden";
const ExecutionId kExecution = *parse_execution_id("0192f0c1-2b3c-7def-8abc-0123456789ab");

std::string word_or_empty(std::istream& line) {
  std::string word;
  line >> word;
  return word == "-" ? "" : word;
}

// The columns of the table `history`, a line a row: epoch, at, kind, version, step, attempt, actor, data; "-" is blank.
std::vector<Row> read_rows(const fs::path& path) {
  std::vector<Row> rows;
  std::istringstream lines(test::text_of(path));
  for (std::string text; std::getline(lines, text);) {
    std::istringstream line(text);
    Row row;
    std::int64_t at = 0;
    line >> row.epoch >> at >> row.kind >> row.version;
    row.at = Timestamp(Millis(at));
    row.step = word_or_empty(line);
    line >> row.attempt;
    row.actor = word_or_empty(line);
    std::getline(line >> std::ws, row.data);
    EXPECT_TRUE(line) << text;
    rows.push_back(std::move(row));
  }
  return rows;
}

class GoldenHistory : public testing::TestWithParam<fs::path> {};

TEST_P(GoldenHistory, LeadsToTheStateItAlwaysDid) {
  const std::string expected = test::text_of(fs::path(GetParam()).replace_extension(".state"));
  EXPECT_EQ(describe(fold(kExecution, read_rows(GetParam()))), expected);
}

TEST_P(GoldenHistory, IsWrittenAsItWasRead) {
  for (const auto& row : read_rows(GetParam())) {
    const auto event = decode(row.kind, row.version, row.step, row.attempt, row.data);
    ASSERT_TRUE(event) << to_text(event.error());
    const auto again = encode(*event);
    EXPECT_EQ(again.kind, row.kind);
    EXPECT_EQ(again.step, row.step) << row.kind;
    EXPECT_EQ(again.attempt, row.attempt) << row.kind;
    ASSERT_GE(again.version, row.version) << row.kind;
    // What a later version has replaced is read, and written no more.
    if (again.version == row.version) EXPECT_EQ(again.data, row.data) << row.kind;
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenHistory, testing::ValuesIn(test::files_of(kGolden, ".rows")),
                         [](const auto& info) { return info.param.stem().string(); });

TEST(GoldenHistories, HoldEveryKindOfEventWithAndWithoutItsOptionalFields) {
  for (const char* fields : {"every_field", "required_fields"}) {
    std::set<std::string> kinds;
    for (const char* of : {".rows", "_of_control_flow.rows", "_of_events.rows", "_of_runs.rows", "_of_iterations.rows",
                           "_of_answers.rows"}) {
      for (const auto& row : read_rows(kGolden / (std::string(fields) + of))) kinds.insert(row.kind);
    }
    EXPECT_THAT(kinds, testing::UnorderedElementsAreArray(kEventKinds)) << fields;
  }
}

}  // namespace
}  // namespace skald::saga
