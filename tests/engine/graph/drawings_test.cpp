// Every workflow of workflows/ and of documents/ against its drawings, byte for byte. SKALD_UPDATE_EXPECTED=1 rewrites
// them; look at the pictures before they are committed (README.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/definition/load.hpp"
#include "engine/graph/writers.hpp"
#include "tests/engine/definition/document_files.hpp"
#include "tests/support/files.hpp"

namespace skald::graph {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = SKALD_SOURCE_DIR;
const fs::path kDrawings = kRoot / "tests/engine/graph/drawings";

class Drawings : public testing::TestWithParam<fs::path> {};

TEST_P(Drawings, AreAsExpected) {
  const auto loaded = definition::load_file(GetParam(), {});
  for (const auto& diagnostic : loaded.diagnostics) {
    EXPECT_NE(diagnostic.severity, definition::Severity::kError)
        << definition::to_text(GetParam().string(), diagnostic);
  }
  ASSERT_TRUE(loaded.ok());
  const Graph graph = make_graph(*loaded.definition);
  const std::pair<const char*, std::string> forms[] = {
      {".mmd", to_mermaid(graph)}, {".dot", to_dot(graph)}, {".svg", to_svg(graph)}};
  for (const auto& [extension, text] : forms) {
    const fs::path expected = kDrawings / (GetParam().stem().string() + extension);
    if (std::getenv("SKALD_UPDATE_EXPECTED") != nullptr) std::ofstream(expected) << text;
    EXPECT_EQ(text, fs::exists(expected) ? test::text_of(expected) : "") << expected;
  }
}

std::vector<fs::path> workflows() {
  auto files = test::files_of(kRoot / "workflows", ".yaml");
  const auto more = test::files_of(kRoot / "tests/engine/graph/documents", ".yaml");
  files.insert(files.end(), more.begin(), more.end());
  return files;
}

INSTANTIATE_TEST_SUITE_P(All, Drawings, testing::ValuesIn(workflows()), [](const auto& param) {
  std::string name = param.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(CommandLinePage, ShowsADrawing) {
  const std::string page = test::text_of(kRoot / "docs/command-line.md");
  EXPECT_NE(page.find("```text\n" + test::text_of(kDrawings / "order-lines.mmd") + "```\n"), std::string::npos)
      << "docs/command-line.md must hold tests/engine/graph/drawings/order-lines.mmd";
}

}  // namespace
}  // namespace skald::graph
