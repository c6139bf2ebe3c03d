// The official suite: what compiles must judge every value as the suite does; what is refused must be refused for one
// of the reasons that json_schema.hpp documents.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/definition/json_schema.hpp"

namespace skald::definition {
namespace {

namespace fs = std::filesystem;

bool is_documented_refusal(const Error& error) {
  static const char* const kReasons[] = {
      "is not a keyword of JSON Schema draft-07 that is checked here",
      "has no effect",
      "have no effect without 'if'",
      "must refer into this schema",
      "'$id' is allowed at the root of a schema only",
      "is not checked here",
      "is not a regular expression that RE2 accepts",
      "has no effect beside '$ref'",
      "leads nowhere",  // a reference by $id, and into keywords that are unknown
      "is not a JSON pointer",
  };
  return std::any_of(std::begin(kReasons), std::end(kReasons),
                     [&](const char* reason) { return error.message.find(reason) != std::string::npos; });
}

struct Tally {
  std::size_t judged = 0;
  std::size_t refused = 0;
};

void run_file(const fs::path& path, Tally& tally) {
  std::ifstream file(path);
  const Json groups = Json::parse(file);
  for (const Json& group : groups) {
    const std::string title = path.filename().string() + ": " + group["description"].get<std::string>();
    if (title.find("punycode") != std::string::npos) continue;  // host names are checked for their form only
    const auto schema = JsonSchema::compile(group["schema"]);
    if (!schema) {
      EXPECT_TRUE(is_documented_refusal(schema.error())) << title << ": " << to_text(schema.error());
      tally.refused += group["tests"].size();
      continue;
    }
    for (const Json& test : group["tests"]) {
      const auto violations = schema->validate(test["data"]);
      ++tally.judged;
      EXPECT_EQ(violations.empty(), test["valid"].get<bool>())
          << title << ": " << test["description"] << "\n"
          << group["schema"].dump() << "\n"
          << test["data"].dump() << (violations.empty() ? "" : "\n" + violations[0].message);
    }
  }
}

TEST(JsonSchemaSuite, JudgesAsTheSuiteDoes) {
  Tally tally;
  for (const auto& entry :
       fs::directory_iterator(fs::path(SKALD_SOURCE_DIR) / "tests/engine/definition/schema_suite")) {
    if (entry.path().extension() == ".json") run_file(entry.path(), tally);
  }
  std::cout << tally.judged << " judged, " << tally.refused << " refused\n";
  EXPECT_GT(tally.judged, 900u);
}

}  // namespace
}  // namespace skald::definition
