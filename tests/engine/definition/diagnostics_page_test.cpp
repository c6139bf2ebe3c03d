// docs/diagnostics.md: a section for each rule, whose example says exactly what stands below it.
// SKALD_UPDATE_EXPECTED=1 rewrites what stands there; read the difference before it is committed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "engine/definition/rules.hpp"
#include "tests/engine/definition/page_blocks.hpp"
#include "tests/engine/definition/sample_catalog.hpp"
#include "tests/engine/definition/sample_documents.hpp"
#include "tests/support/files.hpp"

namespace skald::definition {
namespace {

const std::filesystem::path kPage = std::filesystem::path(SKALD_SOURCE_DIR) / "docs/diagnostics.md";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string said_of(const Block& example) {
  const OperationCatalog catalog = sample_catalog();
  const ExampleDocument document = document_of(example);
  // The page cannot hold the character itself.
  const LoadResult result =
      load(replaced(document.source, "␇", "\a"), {.operations = &catalog, .documents = sample_documents()});
  std::string said;
  for (Diagnostic diagnostic : result.diagnostics) {
    diagnostic.mark.line -=
        static_cast<std::uint32_t>(std::min<std::size_t>(document.lines_before, diagnostic.mark.line - 1));
    said += to_text("example.yaml", diagnostic) + "\n";
  }
  return said;
}

// "`unknown-key`" -> "unknown-key"; "" for a heading that is no rule.
std::string rule_of(const std::string& heading) {
  return heading.starts_with('`') && heading.ends_with('`') ? heading.substr(1, heading.size() - 2) : "";
}

TEST(DiagnosticsPage, EveryExampleSaysWhatStandsBelowIt) {
  std::string page = test::text_of(kPage);
  const std::vector<Block> blocks = blocks_of(page);
  std::set<std::string> shown;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Block& block = blocks[i];
    if (!block.kind.starts_with("yaml")) continue;
    const std::string said = said_of(block);
    const std::string rule = rule_of(block.heading);
    if (rule.empty()) {
      EXPECT_EQ(said, "") << "line " << block.line;
      continue;
    }
    ASSERT_TRUE(i + 1 < blocks.size() && blocks[i + 1].kind == "text") << "line " << block.line;
    EXPECT_EQ(said, blocks[i + 1].text) << "line " << block.line;
    EXPECT_NE(said.find("[" + rule + "]"), std::string::npos) << said;
    shown.insert(rule);
    page = replaced(page, block.text + "```\n```text\n" + blocks[i + 1].text, block.text + "```\n```text\n" + said);
  }
  EXPECT_EQ(shown.size(), rules().size());
  if (std::getenv("SKALD_UPDATE_EXPECTED") != nullptr) std::ofstream(kPage) << page;
}

TEST(DiagnosticsPage, HasASectionForEachRuleAndNoOther) {
  std::set<std::string> sections;
  std::istringstream lines(test::text_of(kPage));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("### ")) continue;
    EXPECT_TRUE(sections.insert(rule_of(line.substr(4))).second) << line;
  }
  std::set<std::string> known;
  for (const Rule& rule : rules()) {
    EXPECT_TRUE(known.insert(std::string(rule.id)).second) << rule.id;
  }
  EXPECT_EQ(sections, known);
}

// A rule outside of the table would end the process that reports it.
TEST(Rules, WhatTheSourcesReportIsInTheTable) {
  const std::regex report(R"re((?:error|warning|error_at|warning_at|refuse|warn)\(\s*"([a-z-]+)")re");
  std::set<std::string> reported;
  const auto folder = std::filesystem::path(SKALD_SOURCE_DIR) / "engine/definition";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = test::text_of(entry.path());
    for (auto it = std::sregex_iterator(text.begin(), text.end(), report); it != std::sregex_iterator(); ++it) {
      EXPECT_NE(find_rule((*it)[1].str()), nullptr) << (*it)[1] << " in " << entry.path();
      reported.insert((*it)[1]);
    }
  }
  // "duplicate-key" and "unused-silence" are said in other words.
  EXPECT_EQ(reported.size() + 2, rules().size());
}

// A document on the page of the language names every rule too, and which of them are warnings.
TEST(DiagnosticsPage, TheLanguagePageListsEachRule) {
  const std::string page = test::text_of(std::filesystem::path(SKALD_SOURCE_DIR) / "docs/workflow-language.md");
  const std::size_t warnings = page.find("| warning | means |");
  ASSERT_NE(warnings, std::string::npos);
  for (const Rule& rule : rules()) {
    const std::size_t at = page.rfind("`" + std::string(rule.id) + "`");
    ASSERT_NE(at, std::string::npos) << rule.id;
    EXPECT_EQ(at > warnings, rule.severity == Severity::kWarning) << rule.id;
  }
}

}  // namespace
}  // namespace skald::definition
