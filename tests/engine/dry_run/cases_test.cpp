// Tries every file of workflows/ and of cases/ and holds the report against its text (cases/NAME.txt). SKALD_UPDATE=1
// writes the texts for review.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/dry_run/explore.hpp"
#include "engine/dry_run/report_text.hpp"
#include "tests/engine/definition/document_files.hpp"
#include "tests/engine/dry_run/try_out.hpp"
#include "tests/support/files.hpp"

namespace skald::dry_run {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = SKALD_SOURCE_DIR;
const fs::path kCases = kRoot / "tests/engine/dry_run/cases";

std::vector<fs::path> all_files() {
  auto files = test::files_of(kRoot / "workflows", ".yaml");
  for (const auto& file : test::files_of(kCases, ".yaml")) files.push_back(file);
  return files;
}

class Cases : public testing::TestWithParam<fs::path> {};

TEST_P(Cases, AreReportedAsExpected) {
  const auto loaded = definition::load_file(GetParam(), {});
  ASSERT_TRUE(loaded.ok());
  const auto subject = subject_of(loaded.definition);
  const std::string file = fs::relative(GetParam(), kRoot).string();
  const auto report = explore(subject, {});
  const std::string said = to_text(report, {.file = file, .command = "skald simulate " + file}, false);
  const fs::path expected = kCases / (GetParam().stem().string() + ".txt");
  if (std::getenv("SKALD_UPDATE") != nullptr) std::ofstream(expected) << said;
  EXPECT_EQ(said, test::text_of(expected));
  const bool is_shipped = GetParam().parent_path() == kRoot / "workflows";
  EXPECT_FALSE(is_shipped && has_errors(report)) << "an example says of each effect how it is undone, or why not";
}

INSTANTIATE_TEST_SUITE_P(All, Cases, testing::ValuesIn(all_files()), [](const auto& param) {
  std::string name = param.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace skald::dry_run
