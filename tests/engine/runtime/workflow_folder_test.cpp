// The folder of workflow files, looked at step by step.
#include "engine/runtime/workflow_folder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "storage/memory_store.hpp"
#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

namespace fs = std::filesystem;
using Kind = runtime::FileReport::Kind;
using testing::ElementsAre;
using namespace std::chrono_literals;

std::string workflow(int value, std::string_view version = "1.0.0") {
  return fmt::format(
      "document: {{ dsl: '1.0.3', namespace: demo, name: greet, version: '{}' }}\ndo:\n  - hello: {{ set: {{ v: {} }} "
      "}}\n",
      version, value);
}

struct Folder : testing::Test {
  fs::path path =
      fs::temp_directory_path() /
      fmt::format("skald-folder-{}-{}", getpid(), testing::UnitTest::GetInstance()->current_test_info()->name());
  ManualClock clock;
  RecordingLog log;
  ports::SilentTelemetry telemetry;
  storage::MemoryStore store;
  runtime::Definitions definitions{store, clock, log, telemetry};
  std::vector<std::pair<std::string, Kind>> reports;
  std::unique_ptr<runtime::WorkflowFolder> folder;
  int writes = 0;

  Folder() {
    fs::create_directories(path);
    open();
  }
  ~Folder() override { fs::remove_all(path); }

  void open() {
    folder = std::make_unique<runtime::WorkflowFolder>(
        path, definitions, log,
        [this](const runtime::FileReport& report) { reports.emplace_back(report.file, report.kind); });
  }
  void write(const std::string& name, const std::string& content) {
    std::ofstream(path / name) << content;
    // Two writes of a test may fall into one tick of the file system's clock.
    fs::last_write_time(path / name, fs::last_write_time(path / name) + std::chrono::seconds(++writes));
  }
  std::vector<std::pair<std::string, Kind>> scan() {
    reports.clear();
    folder->scan();
    return reports;
  }
  std::string current() {
    const auto found = definitions.find("demo", "greet", std::nullopt);
    return found ? found->definition->source : "";
  }
};

TEST_F(Folder, LoadsWhatIsThere) {
  write("greet.yaml", workflow(1));
  write("notes.txt", "nothing");
  write(".hidden.yaml", "nothing");
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kRegistered)));
  EXPECT_EQ(current(), workflow(1));
  EXPECT_THAT(scan(), ElementsAre());
}

TEST_F(Folder, TakesAChangeOnceItHoldsStill) {
  write("greet.yaml", workflow(1));
  scan();
  write("greet.yaml", workflow(2));
  EXPECT_THAT(scan(), ElementsAre());
  EXPECT_EQ(current(), workflow(1));
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kRegistered)));
  EXPECT_EQ(current(), workflow(2));
}

TEST_F(Folder, KeepsTheOldDefinitionOfABrokenFile) {
  write("greet.yaml", workflow(1));
  scan();
  write("greet.yaml", "document: { dsl: '1.0.3', namespace: demo, nam: greet }\ndoo: []\n");
  scan();
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kBroken)));
  EXPECT_EQ(current(), workflow(1));
  EXPECT_TRUE(log.contains("greet.yaml:2:1: error:"));
  EXPECT_THAT(scan(), ElementsAre());
  write("greet.yaml", workflow(3));
  scan();
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kRegistered)));
}

TEST_F(Folder, AtStartUpAnOlderRevisionStaysOld) {
  write("greet.yaml", workflow(1));
  scan();
  ASSERT_TRUE(definitions.add(workflow(2), "api", runtime::Replace::kYes, true).has_value());
  open();
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kOutdated)));
  EXPECT_EQ(current(), workflow(2));
  EXPECT_TRUE(log.contains("outdated"));
}

TEST_F(Folder, AnEditBackToAnOlderContentCounts) {
  write("greet.yaml", workflow(1));
  scan();
  for (const int value : {2, 1}) {
    write("greet.yaml", workflow(value));
    scan();
    scan();
  }
  EXPECT_EQ(current(), workflow(1));
}

TEST_F(Folder, TwoFilesMayNotDefineTheSameVersion) {
  write("a.yaml", workflow(1));
  write("b.yaml", workflow(2));
  EXPECT_THAT(scan(), ElementsAre(std::pair("a.yaml", Kind::kRegistered), std::pair("b.yaml", Kind::kFailed)));
  EXPECT_EQ(current(), workflow(1));
}

TEST_F(Folder, ARemovedFileTakesNothingAway) {
  write("greet.yaml", workflow(1));
  scan();
  fs::remove(path / "greet.yaml");
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kRemoved)));
  EXPECT_EQ(current(), workflow(1));
}

TEST_F(Folder, AMissingFolderIsReportedOnce) {
  fs::remove_all(path);
  scan();
  scan();
  EXPECT_EQ(log.lines.size(), 1u);
  EXPECT_TRUE(log.contains("cannot be read"));
}

TEST_F(Folder, WatchesOnAThreadOfItsOwn) {
  folder->scan();
  folder->start(1ms);
  write("greet.yaml", workflow(1));
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (current().empty() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  folder->stop();
  EXPECT_EQ(current(), workflow(1));
}

}  // namespace
}  // namespace skald::test
