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

std::string api(std::string_view path) {
  return fmt::format(
      "openapi: 3.1.0\nservers: [ {{ url: 'https://a' }} ]\npaths: {{ {}: {{ get: {{ operationId: a }} }} }}\n", path);
}

std::string calling(std::string_view document) {
  return fmt::format(
      "document: {{ dsl: '1.0.3', namespace: demo, name: greet, version: '1.0.0' }}\ndo:\n  - a: {{ call: openapi, "
      "with: {{ "
      "document: {{ endpoint: '{}' }}, operationId: a }} }}\n",
      document);
}

struct FolderWithDocuments : Folder {
  FolderWithDocuments() { fs::create_directories(path / "openapi"); }

  std::string called() {
    const auto found = definitions.find("demo", "greet", std::nullopt);
    if (!found) return "";
    const auto& kind = found->definition->steps[0].kind;
    return std::get<definition::HttpCall>(std::get<definition::CallStep>(kind).target).endpoint[0];
  }
};

TEST_F(FolderWithDocuments, AChangedDocumentIsANewRevision) {
  write("openapi/shop.yaml", api("/one"));
  write("greet.yaml", calling("openapi/shop.yaml"));
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kRegistered)));
  EXPECT_EQ(called(), "https://a/one");
  EXPECT_THAT(scan(), ElementsAre());
  write("openapi/shop.yaml", api("/two"));
  EXPECT_THAT(scan(), ElementsAre());
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kRegistered)));
  EXPECT_EQ(called(), "https://a/two");
  EXPECT_EQ(definitions.find("demo", "greet", "1.0.0")->revision, 2u);
  write("openapi/shop.yaml", api("/two"));  // touched
  for (int i = 0; i < 3; ++i) EXPECT_THAT(scan(), ElementsAre());
}

TEST_F(FolderWithDocuments, ABrokenDocumentKeepsWhatWasThereUntilItIsMended) {
  write("greet.yaml", calling("openapi/shop.yaml"));
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kBroken)));
  EXPECT_TRUE(log.contains("there is no such file"));
  EXPECT_THAT(scan(), ElementsAre());
  write("openapi/shop.yaml", api("/one"));
  scan();
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kRegistered)));
  write("openapi/shop.yaml", "openapi: [");
  scan();
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kBroken)));
  EXPECT_EQ(called(), "https://a/one");
  fs::remove(path / "openapi/shop.yaml");
  scan();
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kBroken)));
  EXPECT_EQ(called(), "https://a/one");
}

// The definition is loaded from the store, where its documents are.
TEST_F(FolderWithDocuments, ARestartNeedsNoDocument) {
  write("openapi/shop.yaml", api("/one"));
  write("greet.yaml", calling("openapi/shop.yaml"));
  scan();
  const auto digest = definitions.find("demo", "greet", std::nullopt)->definition->digest;
  fs::remove_all(path);
  runtime::Definitions next(store, clock, log, telemetry);
  ASSERT_TRUE(next.load_stored().has_value());
  EXPECT_EQ(next.find("demo", "greet", std::nullopt)->definition->digest, digest);
}

TEST_F(FolderWithDocuments, WhatWasFetchedStaysWithAFileThatHasNotChanged) {
  int fetched = 0;
  bool is_up = true;
  const auto fetch = [&](const definition::WantedDocument&, Millis) -> Result<std::string> {
    ++fetched;
    if (!is_up) return failure("document.unreadable", "its host does not answer");
    return api(fmt::format("/{}", fetched));
  };
  definitions.set_fetch(fetch);
  write("greet.yaml", calling("https://a/api.yaml"));
  scan();
  EXPECT_EQ(called(), "https://a/1");
  is_up = false;
  open();  // a restart
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kUnchanged)));
  EXPECT_EQ(fetched, 1);
  write("greet.yaml", calling("https://a/api.yaml") + "# edited\n");
  scan();
  EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kBroken)));
  for (int i = 0; i < 10; ++i) EXPECT_THAT(scan(), ElementsAre());
  is_up = true;
  for (int i = 0; i < 150; ++i) scan();
  EXPECT_EQ(called(), "https://a/3");
}

// A text that was stored keeps its documents, be its host gone or its document another.
TEST_F(FolderWithDocuments, AtStartUpAnOlderRevisionWithARemoteDocumentStaysOld) {
  int fetched = 0;
  const auto served = [&](const definition::WantedDocument&, Millis) { return api(fmt::format("/{}", ++fetched)); };
  const auto down = [&](const definition::WantedDocument&, Millis) -> Result<std::string> {
    ++fetched;
    return failure("document.unreachable", "its host does not answer");
  };
  definitions.set_fetch(served);
  write("greet.yaml", calling("https://a/api.yaml"));
  scan();
  ASSERT_TRUE(definitions.add(workflow(2), "api", runtime::Replace::kYes, true).has_value());
  for (const bool is_up : {true, false}) {
    if (!is_up) definitions.set_fetch(down);
    open();
    EXPECT_THAT(scan(), ElementsAre(std::pair("greet.yaml", Kind::kOutdated)));
    for (int i = 0; i < 150; ++i) EXPECT_THAT(scan(), ElementsAre());
    EXPECT_EQ(current(), workflow(2));
    EXPECT_EQ(fetched, 1);
  }
}

struct MuteStore : storage::MemoryStore {
  bool is_mute = true;
  Result<std::optional<ports::StoredDefinition>> find_source(const std::string& source) override {
    if (!is_mute) return MemoryStore::find_source(source);
    return failure("store.unavailable", "the database does not answer");
  }
};

// The documents are had at the second try; the file is still as it was found at the start.
TEST_F(FolderWithDocuments, WhatIsTriedAgainIsNoEdit) {
  MuteStore mute;
  runtime::Definitions others(mute, clock, log, telemetry);
  others.set_fetch([](const definition::WantedDocument&, Millis) { return api("/one"); });
  ASSERT_TRUE(others.add(calling("https://a/1"), "api", runtime::Replace::kNo, true));
  ASSERT_TRUE(others.add(workflow(2), "api", runtime::Replace::kYes, true));
  write("greet.yaml", calling("https://a/1"));
  std::vector<Kind> said;
  runtime::WorkflowFolder watched(path, others, log, [&](const auto& report) { said.push_back(report.kind); });
  for (int i = 0; i < 10; ++i) watched.scan();
  mute.is_mute = false;
  for (int i = 0; i < 100; ++i) watched.scan();
  EXPECT_THAT(said, ElementsAre(Kind::kBroken, Kind::kOutdated));
  EXPECT_EQ(others.find("demo", "greet", std::nullopt)->definition->source, workflow(2));
}

TEST_F(FolderWithDocuments, AHostThatDoesNotAnswerIsAskedOnceInALook) {
  std::vector<std::string> fetched;
  definitions.set_fetch([&](const definition::WantedDocument& wanted, Millis) -> Result<std::string> {
    fetched.push_back(wanted.uri);
    return failure("document.unreachable", "its host does not answer");
  });
  write("a.yaml", calling("https://a/1"));
  write("b.yaml", calling("https://a/2"));
  EXPECT_THAT(scan(), ElementsAre(std::pair("a.yaml", Kind::kBroken), std::pair("b.yaml", Kind::kBroken)));
  EXPECT_THAT(fetched, ElementsAre("https://a/1"));
  for (int i = 0; i < 59; ++i) scan();
  EXPECT_EQ(fetched.size(), 1u);
  scan();
  EXPECT_EQ(fetched.size(), 2u);
}

struct FullStore : storage::MemoryStore {
  bool is_full = true;
  Result<ports::StoredRevision> put_definition(const ports::StoredDefinition& definition) override {
    if (!is_full) return MemoryStore::put_definition(definition);
    return failure("store.unavailable", "the disk is full");
  }
};

TEST_F(FolderWithDocuments, WhatWasFetchedIsKeptUntilTheStoreTakesIt) {
  int fetched = 0;
  FullStore failing;
  runtime::Definitions others(failing, clock, log, telemetry);
  others.set_fetch([&](const definition::WantedDocument&, Millis) {
    ++fetched;
    return api("/one");
  });
  runtime::WorkflowFolder watched(path, others, log);
  write("greet.yaml", calling("https://a/1"));
  for (int i = 0; i < 5; ++i) watched.scan();
  EXPECT_FALSE(others.find("demo", "greet", std::nullopt));
  failing.is_full = false;
  watched.scan();
  EXPECT_TRUE(others.find("demo", "greet", std::nullopt));
  EXPECT_EQ(fetched, 1);
}

TEST_F(FolderWithDocuments, OfSeveralDocumentsOnlyTheLackingOnesAreFetchedAgain) {
  std::map<std::string, int> fetched;
  bool is_up = false;
  definitions.set_fetch([&](const definition::WantedDocument& wanted, Millis) -> Result<std::string> {
    ++fetched[wanted.uri];
    if (wanted.uri == "https://b/2" && !is_up) return failure("document.unreachable", "its host does not answer");
    return api("/one");
  });
  write("greet.yaml",
        calling("https://a/1") +
            "  - b: { call: openapi, with: { document: { endpoint: 'https://b/2' }, operationId: a } }\n");
  for (int i = 0; i < 100; ++i) scan();
  EXPECT_EQ(fetched["https://a/1"], 1);
  EXPECT_EQ(fetched["https://b/2"], 2);
  is_up = true;
  for (int i = 0; i < 30; ++i) scan();
  EXPECT_EQ(called(), "https://a/one");
  EXPECT_EQ(fetched["https://a/1"], 1);
  EXPECT_EQ(fetched["https://b/2"], 3);
}

TEST_F(FolderWithDocuments, NothingOutsideIsRead) {
  const fs::path outside = path.string() + "-outside.yaml";
  std::ofstream(outside) << api("/one");
  fs::create_symlink(outside, path / "openapi/link.yaml");
  fs::create_directory(path / "openapi/folder");
  const auto error = [&](std::string_view uri) { return runtime::read_document_file(path, uri).error().code; };
  EXPECT_EQ(error("../" + outside.filename().string()), "document.outside");
  EXPECT_EQ(error("openapi/../../" + outside.filename().string()), "document.outside");
  EXPECT_EQ(error("openapi/%2e%2e/%2E%2E/" + outside.filename().string()), "document.outside");
  EXPECT_EQ(error("file://" + outside.string()), "document.outside");
  EXPECT_EQ(error("/etc/passwd"), "document.outside");
  EXPECT_EQ(error("openapi/link.yaml"), "document.outside");
  EXPECT_EQ(error("openapi/folder"), "document.unreadable");
  EXPECT_EQ(error("openapi/absent.yaml"), "document.unreadable");
  EXPECT_EQ(error("file://host/openapi/a.yaml"), "document.uri");
  EXPECT_EQ(error("ftp://host/a.yaml"), "document.uri");
  EXPECT_EQ(error("a.yaml?x"), "document.uri");
  EXPECT_EQ(error("a%00b"), "document.uri");
  fs::remove(outside);
  write("openapi/a b.yaml", "x");
  EXPECT_EQ(runtime::read_document_file(path, "openapi/a%20b.yaml"), "x");
  EXPECT_EQ(runtime::read_document_file(path, "file:openapi/a b.yaml"), "x");
  EXPECT_EQ(runtime::read_document_file(path, "file://" + (path / "openapi/a b.yaml").string()), "x");
  write("openapi/long.yaml", std::string(1024 * 1024 + 1, 'x'));
  EXPECT_EQ(error("openapi/long.yaml"), "document.too_large");
}

}  // namespace
}  // namespace skald::test
