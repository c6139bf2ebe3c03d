#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/adapters_file.hpp"
#include "engine/definition/load.hpp"

namespace skald::bench {
namespace {

std::string read_bench_file(const std::filesystem::path& name) {
  std::ostringstream text;
  text << std::ifstream(std::filesystem::path(SKALD_SOURCE_DIR) / "bench" / name).rdbuf();
  return text.str();
}

definition::OperationCatalog bench_catalog() {
  const adapters::AdaptersFile file = adapters::parse_adapters(read_bench_file("adapters.yaml"));
  for (const auto& diagnostic : file.diagnostics) ADD_FAILURE() << definition::to_text("adapters.yaml", diagnostic);
  return file.config ? adapters::catalog_of(*file.config) : definition::OperationCatalog{};
}

TEST(BenchDefinitions, LoadWithoutAnyDiagnostic) {
  const definition::OperationCatalog catalog = bench_catalog();
  int loaded = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SKALD_SOURCE_DIR "/bench/workflows")) {
    const std::string name = entry.path().filename();
    const auto result = definition::load(read_bench_file("workflows/" + name), {.operations = &catalog});
    for (const auto& diagnostic : result.diagnostics) ADD_FAILURE() << definition::to_text(name, diagnostic);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result.definition->namespace_name, "bench");
    EXPECT_EQ(result.definition->name + ".yaml", name);
    ++loaded;
  }
  EXPECT_EQ(loaded, 10);
}

}  // namespace
}  // namespace skald::bench
