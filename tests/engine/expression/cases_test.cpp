// The text files in cases/: each program is held against what the file says and against the jq program.
//
//   program
//     input as JSON (left out: null)
//     => result as JSON; several lines for several results; `=> none` for none
//     => error: message         => compile error at 3: message
//     ours: why jq is not asked
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/engine/expression/jq_oracle.hpp"
#include "tests/engine/expression/support.hpp"

namespace skald::expression {
namespace {

struct Case {
  std::string where;
  std::string program;
  Json input;
  std::vector<std::string> expected;
  bool ours = false;
};

const Variables& variables() {
  static const Variables value(Json::parse(R"({
    "workflow": {"input": {"orderId": "o-1", "amount": 4999, "items": [{"sku": "a", "n": 2}, {"sku": "b", "n": 1}]},
                 "startedAt": "2026-11-21T08:00:00Z"},
    "steps": {"charge": {"output": {"id": "ch-1"}, "status": "completed"}},
    "item": 3
  })"));
  return value;
}

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::vector<Case> cases;
  std::ifstream file(path);
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    if (!line.starts_with("  ")) {
      cases.push_back({fmt::format("{}:{}", path.filename().string(), number), line, Json(), {}, false});
    } else if (line.starts_with("  => ")) {
      cases.back().expected.push_back(line.substr(5));
    } else if (line.starts_with("  ours:")) {
      cases.back().ours = true;
    } else {
      cases.back().input = Json::parse(line);
    }
  }
  return cases;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  const std::filesystem::path folder = SKALD_SOURCE_DIR "/tests/engine/expression/cases";
  std::vector<std::filesystem::path> files(std::filesystem::directory_iterator(folder), {});
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    auto more = read_cases(file);
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

bool is_error(const Case& one) {
  return one.expected.size() == 1 &&
         (one.expected[0].starts_with("error: ") || one.expected[0].starts_with("compile "));
}

// What a case expects of its results, as a list.
Json expected_results(const Case& one) {
  Json results = Json::array();
  for (const auto& line : one.expected) {
    if (line != "none") results.push_back(Json::parse(line));
  }
  return results;
}

void check_error(const Case& one) {
  const std::string& expected = one.expected[0];
  const auto compiled = Expression::compile(one.program);
  if (expected.starts_with("compile ")) {
    ASSERT_FALSE(compiled) << "compiles";
    EXPECT_EQ(fmt::format("compile error at {}: {}", compiled.error().offset, compiled.error().message), expected);
    return;
  }
  ASSERT_TRUE(compiled) << compiled.error().message;
  const auto result = compiled->evaluate(one.input, variables());
  ASSERT_FALSE(result) << dump_json(*result);
  EXPECT_EQ("error: " + result.error().message, expected);
}

void check_results(const Case& one) {
  const Json expected = expected_results(one);
  const bool single = expected.size() == 1;
  const auto compiled = Expression::compile(single ? one.program : "[" + one.program + "\n]");
  ASSERT_TRUE(compiled) << compiled.error().message << " at " << compiled.error().offset;
  const auto result = compiled->evaluate(one.input, variables());
  ASSERT_TRUE(result) << result.error().message;
  // Exactly: kinds of numbers included.
  EXPECT_EQ(dump_json(*result), dump_json(single ? expected[0] : expected));
}

TEST(Cases, GiveWhatTheFilesSay) {
  const auto cases = all_cases();
  ASSERT_GT(cases.size(), 300U);
  for (const auto& one : cases) {
    SCOPED_TRACE(one.where + ": " + one.program);
    ASSERT_FALSE(one.expected.empty()) << "has no '=>' line";
    is_error(one) ? check_error(one) : check_results(one);
  }
}

TEST(Cases, AgreeWithJq) {
  ASSERT_TRUE(jq_available()) << "jq 1.6 is the oracle; scripts/setup test installs it";
  std::vector<Case> cases;
  std::vector<JqCase> programs;
  for (auto& one : all_cases()) {
    if (one.ours || one.expected[0].starts_with("compile ")) continue;
    programs.push_back({one.program, one.input});
    cases.push_back(std::move(one));
  }
  const auto answers = run_jq(programs, variables().values());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(cases[i].where + ": " + cases[i].program);
    if (is_error(cases[i])) {
      EXPECT_TRUE(answers[i].failed && !answers[i].crashed) << dump_json(answers[i].results);
      EXPECT_EQ(answers[i].error, Json(without_position(cases[i].expected[0].substr(7))));
    } else {
      EXPECT_FALSE(answers[i].failed) << dump_json(answers[i].error);
      EXPECT_TRUE(same(answers[i].results, expected_results(cases[i]))) << dump_json(answers[i].results);
    }
  }
}

}  // namespace
}  // namespace skald::expression
