// The examples of docs/expressions.md run, and its table names every built-in.
//
// An example is a table row whose last three cells are `program`, `input` and `result`.
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "engine/expression/builtins.hpp"
#include "tests/engine/expression/jq_oracle.hpp"
#include "tests/engine/expression/support.hpp"

namespace skald::expression {
namespace {

// The cells of a Markdown table row; \| is a bar inside a cell.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::string cell;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
      cell += line[++i];
    } else if (line[i] == '|') {
      cells.push_back(cell);
      cell.clear();
    } else {
      cell += line[i];
    }
  }
  return cells;
}

// The text between the first and the last back-quote of a cell.
std::string code_of(const std::string& cell) {
  const auto begin = cell.find('`');
  const auto end = cell.rfind('`');
  return begin == end ? std::string() : cell.substr(begin + 1, end - begin - 1);
}

struct Example {
  std::string name;
  std::string program;
  Json input;
  Json result;
};

std::vector<Example> examples() {
  std::vector<Example> found;
  std::ifstream file(SKALD_SOURCE_DIR "/docs/expressions.md");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    const auto cells = cells_of(line);
    if (cells.size() < 4 || code_of(cells[cells.size() - 1]).empty()) continue;
    found.push_back({code_of(cells[0]), code_of(cells[cells.size() - 3]), Json::parse(code_of(cells[cells.size() - 2])),
                     Json::parse(code_of(cells[cells.size() - 1]))});
  }
  return found;
}

const Variables& documented_variables() {
  static const Variables value(Json::parse(
      R"({"workflow": {"input": {"amount": 4999, "currency": "EUR"}}, "steps": {"charge": {"output": {"id": "ch-1"}}}})"));
  return value;
}

TEST(Documentation, ExamplesGiveWhatItSays) {
  const auto all = examples();
  ASSERT_GT(all.size(), 120U);
  for (const auto& example : all) {
    SCOPED_TRACE(example.program);
    const auto compiled = Expression::compile(example.program);
    ASSERT_TRUE(compiled) << compiled.error().message;
    const auto result = compiled->evaluate(example.input, documented_variables());
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(dump_json(*result), dump_json(example.result));
  }
}

TEST(Documentation, NamesEveryBuiltin) {
  std::set<std::string> documented;
  for (const auto& example : examples()) {
    // "first(f)" and "sub(regex; text)": the name and how many arguments.
    const auto open = example.name.find('(');
    const auto arguments =
        open == std::string::npos ? 0 : 1 + std::count(example.name.begin(), example.name.end(), ';');
    documented.insert(example.name.substr(0, open) + "/" + std::to_string(arguments));
  }
  for (const auto family : all_builtins()) {
    for (const auto& builtin : family) {
      const auto name = std::string(builtin.name) + "/" + std::to_string(builtin.arity);
      EXPECT_TRUE(documented.contains(name)) << name << " is not in docs/expressions.md";
    }
  }
  for (const auto& format : all_formats()) {
    EXPECT_TRUE(documented.contains("@" + std::string(format.name) + "/0")) << format.name;
  }
}

}  // namespace
}  // namespace skald::expression
