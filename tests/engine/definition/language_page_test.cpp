// docs/workflow-language.md: its examples load without a word, and its tables name every rule.
//
// A block marked `yaml` is a whole document, `yaml top` keys beside `do`, `yaml step` items of `do`.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "tests/engine/definition/page_blocks.hpp"
#include "tests/engine/definition/sample_catalog.hpp"
#include "tests/engine/definition/sample_documents.hpp"
#include "tests/support/files.hpp"

namespace skald::definition {
namespace {

namespace fs = std::filesystem;

std::string page() {
  return test::text_of(fs::path(SKALD_SOURCE_DIR) / "docs/workflow-language.md");
}

TEST(LanguagePage, ExamplesLoad) {
  const OperationCatalog catalog = sample_catalog();
  std::size_t loaded = 0;
  for (const Block& block : blocks_of(page())) {
    if (!block.kind.starts_with("yaml")) continue;
    const std::string source = document_of(block).source;
    const LoadResult result = load(source, {.operations = &catalog, .documents = sample_documents()});
    EXPECT_TRUE(result.ok()) << "line " << block.line;
    for (const Diagnostic& diagnostic : result.diagnostics) {
      ADD_FAILURE() << "line " << block.line << ": " << to_text("example", diagnostic) << "\n" << source;
    }
    ++loaded;
  }
  EXPECT_GT(loaded, 10u);
}

TEST(LanguagePage, NamesEveryRuleThatTheDocumentsShow) {
  const std::string text = page();
  const std::regex rule(R"(\[([a-z-]+)\]\n)");
  std::set<std::string> rules;
  for (const auto& entry : fs::directory_iterator(fs::path(SKALD_SOURCE_DIR) / "tests/engine/definition/documents")) {
    if (entry.path().extension() != ".expected") continue;
    const std::string said = test::text_of(entry.path());
    for (auto it = std::sregex_iterator(said.begin(), said.end(), rule); it != std::sregex_iterator(); ++it) {
      rules.insert((*it)[1]);
    }
  }
  EXPECT_GT(rules.size(), 40u);
  for (const std::string& id : rules) EXPECT_NE(text.find("`" + id + "`"), std::string::npos) << id;
}

}  // namespace
}  // namespace skald::definition
