// The registry of definitions: revisions, versions, digests.
#include "engine/runtime/definitions.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "storage/memory_store.hpp"
#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {
namespace {

using Kind = runtime::RegisterOutcome::Kind;
using testing::ElementsAre;

std::string workflow(std::string_view version, int value, std::string_view name = "greet") {
  return fmt::format(
      "document: {{ dsl: '1.0.3', namespace: demo, name: {}, version: '{}' }}\ndo:\n  - hello: {{ set: {{ v: {} }} "
      "}}\n",
      name, version, value);
}

// `before_put` stands for what another node does between this one's look at the store and its write.
struct Store : storage::MemoryStore {
  std::function<void()> before_put;
  int reads = 0;
  bool is_shared() const override { return true; }
  Result<std::optional<ports::StoredDefinition>> get_definition(const std::string& digest) override {
    ++reads;
    return MemoryStore::get_definition(digest);
  }
  Result<ports::StoredRevision> put_definition(const ports::StoredDefinition& definition) override {
    if (const auto now = std::exchange(before_put, {})) now();
    return MemoryStore::put_definition(definition);
  }
};

struct Registry : testing::Test {
  ManualClock clock;
  RecordingLog log;
  ports::SilentTelemetry telemetry;
  Store store;
  runtime::Definitions definitions{store, clock, log, telemetry};

  Kind add(const std::string& source, bool replace = false) {
    return definitions.add(source, "api", replace ? runtime::Replace::kYes : runtime::Replace::kNo, true)->kind;
  }
  runtime::Definitions other_node() { return {store, clock, log, telemetry}; }
  std::string highest() { return definitions.find("demo", "greet", std::nullopt)->definition->version; }
};

TEST_F(Registry, ChoosesTheHighestRelease) {
  EXPECT_EQ(add(workflow("2.0.0-rc.1", 1)), Kind::kCreated);
  EXPECT_EQ(highest(), "2.0.0-rc.1");
  EXPECT_EQ(add(workflow("1.9.0", 1)), Kind::kCreated);
  EXPECT_EQ(highest(), "1.9.0");
  EXPECT_EQ(add(workflow("1.10.0", 1)), Kind::kCreated);
  EXPECT_EQ(highest(), "1.10.0");
  std::vector<std::string> versions;
  for (const auto& d : definitions.list()) versions.push_back(d.definition->version);
  EXPECT_THAT(versions, ElementsAre("2.0.0-rc.1", "1.10.0", "1.9.0"));
}

TEST_F(Registry, RefusesOtherContentUnlessToldToReplace) {
  EXPECT_EQ(add(workflow("1.0.0", 1)), Kind::kCreated);
  EXPECT_EQ(add(workflow("1.0.0", 1)), Kind::kUnchanged);
  EXPECT_EQ(add(workflow("1.0.0", 2)), Kind::kConflict);
  EXPECT_EQ(add(workflow("1.0.0", 2), true), Kind::kReplaced);
  EXPECT_EQ(definitions.find("demo", "greet", "1.0.0")->revision, 2u);
}

TEST_F(Registry, ReportsWhatDoesNotLoad) {
  const auto outcome = definitions.add("do: [", "api", runtime::Replace::kNo, true);
  EXPECT_EQ(outcome->kind, Kind::kInvalid);
  EXPECT_FALSE(outcome->diagnostics.empty());
  EXPECT_TRUE(definitions.list().empty());
}

TEST_F(Registry, FindsOldRevisionsByDigestAfterARestart) {
  const auto first = definitions.add(workflow("1.0.0", 1), "file:greet.yaml", runtime::Replace::kNo, true);
  const auto digest = first->registered->definition->digest;
  ASSERT_EQ(add(workflow("1.0.0", 2), true), Kind::kReplaced);
  runtime::Definitions next(store, clock, log, telemetry);
  ASSERT_TRUE(next.load_stored().has_value());
  EXPECT_EQ(next.find("demo", "greet", std::nullopt)->revision, 2u);
  EXPECT_EQ(next.cached(digest), nullptr);
  const auto found = next.by_digest(digest);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ((*found)->digest, digest);
  EXPECT_EQ(next.cached(digest), *found);
  EXPECT_TRUE(next.is_trusted(digest));
  EXPECT_FALSE(next.is_trusted(next.find("demo", "greet", std::nullopt)->definition->digest));
  EXPECT_EQ(next.by_digest("00").error().code, "definition.unknown");
}

TEST_F(Registry, GoesBackToAnOlderContent) {
  ASSERT_EQ(add(workflow("1.0.0", 1)), Kind::kCreated);
  ASSERT_EQ(add(workflow("1.0.0", 2), true), Kind::kReplaced);
  const auto older = definitions.add(workflow("1.0.0", 1), "file:greet.yaml", runtime::Replace::kUnlessOlder, true);
  EXPECT_EQ(older->kind, Kind::kSuperseded);
  EXPECT_EQ(older->superseded_revision, 1u);
  EXPECT_EQ(older->registered->revision, 2u);
  EXPECT_EQ(add(workflow("1.0.0", 1), true), Kind::kReplaced);
  EXPECT_EQ(definitions.find("demo", "greet", "1.0.0")->revision, 3u);
  runtime::Definitions next(store, clock, log, telemetry);
  ASSERT_TRUE(next.load_stored().has_value());
  EXPECT_EQ(next.find("demo", "greet", "1.0.0")->definition->source, workflow("1.0.0", 1));
}

TEST_F(Registry, DistinguishesWorkflowsAndVersionsItDoesNotKnow) {
  ASSERT_EQ(add(workflow("1.0.0", 1)), Kind::kCreated);
  EXPECT_EQ(definitions.find("demo", "leave", std::nullopt).error().code, "workflow.unknown");
  EXPECT_EQ(definitions.find("demo", "greet", "3.0.0").error().code, "workflow.unknown_version");
}

TEST_F(Registry, FindsInTheStoreWhatAnotherNodeRegistered) {
  auto other = other_node();
  ASSERT_EQ(add(workflow("1.0.0", 1)), Kind::kCreated);
  EXPECT_EQ(other.find("demo", "greet", std::nullopt).error().code, "workflow.unknown");
  EXPECT_EQ(other.find_stored("demo", "greet", std::nullopt)->definition->version, "1.0.0");
  EXPECT_TRUE(other.find("demo", "greet", std::nullopt));
  ASSERT_EQ(add(workflow("1.1.0", 1)), Kind::kCreated);
  EXPECT_EQ(other.find_stored("demo", "greet", "1.1.0")->definition->version, "1.1.0");
  EXPECT_EQ(other.find_stored("demo", "greet", "3.0.0").error().code, "workflow.unknown_version");
}

TEST_F(Registry, AVersionIsOneContentForAllNodes) {
  auto other = other_node();
  ASSERT_EQ(add(workflow("1.0.0", 1)), Kind::kCreated);
  const auto conflict = other.add(workflow("1.0.0", 2), "api", runtime::Replace::kNo, true);
  EXPECT_EQ(conflict->kind, Kind::kConflict);
  EXPECT_EQ(conflict->registered->definition->source, workflow("1.0.0", 1));
  EXPECT_EQ(other.add(workflow("1.0.0", 2), "api", runtime::Replace::kYes, true)->kind, Kind::kReplaced);
  EXPECT_EQ(definitions.find("demo", "greet", "1.0.0")->revision, 1u);
  ASSERT_TRUE(definitions.load_stored());
  EXPECT_EQ(definitions.find("demo", "greet", "1.0.0")->revision, 2u);
  EXPECT_EQ(add(workflow("1.0.0", 1)), Kind::kConflict);
}

// It is the word of a newer version.
TEST_F(Registry, WhatDoesNotLoadIsNeitherStartedNorReplacedUnasked) {
  ASSERT_EQ(add(workflow("1.0.0", 1)), Kind::kCreated);
  const std::string newer = "document: { dsl: '1.0.3', namespace: demo, name: greet, version: '1.0.0' }\ndo: []\n";
  ASSERT_TRUE(store.put_definition({.digest = "newer",
                                    .namespace_name = "demo",
                                    .name = "greet",
                                    .version = "1.0.0",
                                    .revision = 2,
                                    .source = newer,
                                    .origin = "api"}));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(definitions.load_stored());
  EXPECT_EQ(std::ranges::count_if(log.lines, [](const auto& l) { return l.contains("does not load"); }), 1);
  EXPECT_EQ(definitions.find("demo", "greet", "1.0.0").error().code, "definition.unreadable");
  EXPECT_EQ(definitions.find("demo", "greet", std::nullopt).error().code, "definition.unreadable");
  ASSERT_EQ(add(workflow("1.1.0-rc.1", 1)), Kind::kCreated);
  EXPECT_EQ(definitions.find("demo", "greet", std::nullopt).error().code, "definition.unreadable");
  ASSERT_EQ(add(workflow("1.1.0", 1)), Kind::kCreated);
  EXPECT_EQ(definitions.find("demo", "greet", std::nullopt)->definition->version, "1.1.0");
  const auto refused = definitions.add(workflow("1.0.0", 2), "api", runtime::Replace::kNo, true);
  EXPECT_EQ(refused.error().code, "definition.unreadable");
  const auto of_a_file = definitions.add(workflow("1.0.0", 1), "file:a.yaml", runtime::Replace::kUnlessOlder, true);
  EXPECT_EQ(of_a_file->kind, Kind::kSuperseded);
  EXPECT_EQ(add(workflow("1.0.0", 1), true), Kind::kReplaced);
  EXPECT_EQ(definitions.find("demo", "greet", "1.0.0")->revision, 3u);
}

TEST_F(Registry, WhoeverIsSecondIsJudgedByWhatTheFirstPut) {
  auto other = other_node();
  const auto first = [&](int value) {
    store.before_put = [&, value] { (void)other.add(workflow("1.0.0", value), "api", runtime::Replace::kYes, true); };
  };
  first(1);
  EXPECT_EQ(add(workflow("1.0.0", 2)), Kind::kConflict);
  first(3);
  EXPECT_EQ(add(workflow("1.0.0", 4), true), Kind::kReplaced);
  EXPECT_EQ(definitions.find("demo", "greet", "1.0.0")->revision, 3u);
  EXPECT_EQ(store.list_revisions("demo", "greet", "1.0.0")->size(), 3u);
}

constexpr const char* kApi =
    "openapi: 3.1.0\nservers: [ { url: 'https://shop.example.com' } ]\npaths: { /a: { get: { operationId: a } } }\n";

std::string calling(std::string_view document) {
  return fmt::format(
      "document: {{ dsl: '1.0.3', namespace: demo, name: greet, version: '1.0.0' }}\ndo:\n  - a: {{ call: openapi, "
      "with: {{ "
      "document: {{ endpoint: '{}' }}, operationId: a }} }}\n",
      document);
}

// Neither a restart nor another node asks for a document again.
TEST_F(Registry, KeepsDocumentsWithTheDefinition) {
  std::string served = kApi;
  int fetched = 0;
  const auto fetch = [&](const definition::WantedDocument& wanted, Millis) -> Result<std::string> {
    EXPECT_EQ(wanted.uri, "https://shop.example.com/api.yaml");
    ++fetched;
    return served;
  };
  definitions.set_fetch(fetch);
  definitions.set_allowed({"shop.example.com"}, {});
  const std::string source = calling("https://shop.example.com/api.yaml");
  const auto first = definitions.add(source, "api", runtime::Replace::kNo, false);
  ASSERT_EQ(first->kind, Kind::kCreated);
  const auto digest = first->registered->definition->digest;
  EXPECT_EQ(fetched, 1);

  served += "# changed\n";
  EXPECT_EQ(definitions.check(source, false)->kind, Kind::kConflict);
  EXPECT_EQ(definitions.add(source, "api", runtime::Replace::kNo, false)->kind, Kind::kConflict);
  const auto second = definitions.add(source, "api", runtime::Replace::kYes, false);
  EXPECT_EQ(second->kind, Kind::kReplaced);
  EXPECT_NE(second->registered->definition->digest, digest);
  fetched = 0;

  runtime::Definitions next(store, clock, log, telemetry);
  next.set_fetch(fetch);
  ASSERT_TRUE(next.load_stored().has_value());
  EXPECT_EQ(next.find("demo", "greet", "1.0.0")->definition->digest, second->registered->definition->digest);
  const auto found = next.by_digest(digest);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ((*found)->digest, digest);
  EXPECT_EQ((*found)->documents.at("https://shop.example.com/api.yaml"), kApi);
  EXPECT_EQ(fetched, 0);
}

// What lists hold is little; a content is read once.
TEST_F(Registry, ReadsOnlyWhatItDoesNotKnow) {
  ASSERT_EQ(add(workflow("1.0.0", 1)), Kind::kCreated);
  ASSERT_EQ(add(workflow("1.0.0", 2), true), Kind::kReplaced);
  ASSERT_EQ(add(workflow("1.1.0", 1)), Kind::kCreated);
  EXPECT_EQ(store.reads, 0);
  auto other = other_node();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(other.load_stored());
  EXPECT_EQ(store.reads, 2);
  EXPECT_EQ(add(workflow("1.0.0", 2)), Kind::kUnchanged);
  EXPECT_EQ(store.reads, 2);
}

std::string calling_several(std::initializer_list<std::string_view> documents) {
  std::string text = "document: { dsl: '1.0.3', namespace: demo, name: many, version: '1.0.0' }\ndo:\n";
  int n = 0;
  for (const auto document : documents) {
    text += fmt::format("  - a{}: {{ call: openapi, with: {{ document: {{ endpoint: '{}' }}, operationId: a }} }}\n",
                        n++, document);
  }
  return text;
}

TEST_F(Registry, AllDocumentsOfALoadHaveOneDeadline) {
  std::vector<std::pair<std::string, Millis>> fetched;
  definitions.set_fetch([&](const definition::WantedDocument& wanted, Millis timeout) -> Result<std::string> {
    fetched.emplace_back(wanted.uri, timeout);
    clock.advance(Millis(7'000));
    return kApi;
  });
  const auto checked =
      definitions.check(calling_several({"https://a/1", "https://b/2", "https://c/3", "https://d/4"}), true);
  EXPECT_EQ(checked->kind, Kind::kInvalid);
  EXPECT_THAT(fetched, ElementsAre(std::pair("https://a/1", Millis(10'000)), std::pair("https://b/2", Millis(8'000)),
                                   std::pair("https://c/3", Millis(1'000))));
  EXPECT_THAT(checked->diagnostics.at(0).message,
              testing::HasSubstr("fetching the definition's documents took more than 15 s"));
}

TEST_F(Registry, AHostThatDoesNotAnswerIsAskedOnceInALoad) {
  std::vector<std::string> fetched;
  definitions.set_fetch([&](const definition::WantedDocument& wanted, Millis) -> Result<std::string> {
    fetched.push_back(wanted.uri);
    return failure(wanted.uri.starts_with("https://a") ? "document.unreachable" : "document.unreadable", "no");
  });
  const std::string source = calling_several({"https://a/1", "https://a/2", "https://b/1", "https://b/2"});
  (void)definitions.check(source, true);
  EXPECT_THAT(fetched, ElementsAre("https://a/1", "https://b/1", "https://b/2"));
  (void)definitions.check(source, true);
  EXPECT_EQ(fetched.size(), 6u);
}

TEST_F(Registry, OneUploadFetchesAtATime) {
  std::vector<std::string> others;
  definitions.set_fetch([&](const definition::WantedDocument&, Millis) -> Result<std::string> {
    std::thread([&] {
      others.push_back(definitions.check(calling_several({"https://b/1", "https://b/2"}), true).error().code);
      others.push_back(
          definitions.add(calling_several({"https://b/1"}), "api", runtime::Replace::kNo, true).error().code);
      EXPECT_TRUE(definitions.add(workflow("2.0.0", 1), "api", runtime::Replace::kNo, true));
    }).join();
    return kApi;
  });
  EXPECT_EQ(add(calling("https://a/1")), Kind::kCreated);
  EXPECT_THAT(others, ElementsAre("definition.busy", "definition.busy"));
  definitions.set_fetch([](const definition::WantedDocument&, Millis) { return kApi; });
  EXPECT_EQ(add(calling_several({"https://b/1"})), Kind::kCreated);
}

TEST_F(Registry, SaysWhyADocumentIsNotThere) {
  const auto said = [&](const std::string& source, bool trusted) {
    std::string all;
    for (const auto& d : definitions.check(source, trusted)->diagnostics) all += definition::to_text("f", d) + "\n";
    return all;
  };
  EXPECT_EQ(said(calling("a.yaml"), true),
            "f:3:55: error: step 'a': with.document.endpoint names 'a.yaml', which cannot be read: the definition has "
            "no folder [unreadable-document]\n");
  EXPECT_EQ(said(calling("https://a/b"), true),
            "f:3:55: error: step 'a': with.document.endpoint names 'https://a/b', which cannot be read: nothing is "
            "fetched here [unreadable-document]\n");
  definitions.set_fetch([](const definition::WantedDocument&, Millis) {
    return failure("document.unreadable", "its host answered 404");
  });
  EXPECT_EQ(said(calling("https://a/b"), true),
            "f:3:55: error: step 'a': with.document.endpoint names 'https://a/b', which cannot be read: its host "
            "answered 404 [unreadable-document]\n");
}

}  // namespace
}  // namespace skald::test
