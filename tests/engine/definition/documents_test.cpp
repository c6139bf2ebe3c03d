// Every document in documents/ against the diagnostics beside it, word for word. A document without an .expected file
// must load without a word. SKALD_UPDATE_EXPECTED=1 rewrites the files; read the difference before it is committed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/engine/definition/sample_catalog.hpp"
#include "tests/engine/definition/sample_documents.hpp"
#include "tests/support/files.hpp"

namespace skald::definition {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(SKALD_SOURCE_DIR) / "tests/engine/definition/documents";

class ExpectedDocuments : public testing::TestWithParam<fs::path> {};

TEST_P(ExpectedDocuments, SayWhatIsExpected) {
  const OperationCatalog catalog = sample_catalog();
  LoadOptions options{.operations = &catalog};
  options.documents = sample_documents();
  if (GetParam().stem() == "untrusted") {
    options.trusted = false;
    options.allowed_hosts = {"api.example.com", "pay.example.com:8443"};
    options.allowed_secrets = {"carrier"};
  }
  const LoadResult result = load(test::text_of(GetParam()), options);
  std::string said;
  bool has_error = false;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    said += to_text(GetParam().filename().string(), diagnostic) + "\n";
    has_error = has_error || diagnostic.severity == Severity::kError;
  }
  EXPECT_EQ(result.ok(), !has_error);

  fs::path expected = GetParam();
  expected.replace_extension(".expected");
  if (std::getenv("SKALD_UPDATE_EXPECTED") != nullptr && !said.empty()) std::ofstream(expected) << said;
  EXPECT_EQ(said, fs::exists(expected) ? test::text_of(expected) : "");
}

INSTANTIATE_TEST_SUITE_P(All, ExpectedDocuments, testing::ValuesIn(test::files_of(kFolder, ".yaml")),
                         [](const auto& param) {
                           std::string name = param.param.stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace skald::definition
