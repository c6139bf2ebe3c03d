#include "tests/conformance/case_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "engine/base/duration.hpp"
#include "engine/definition/yaml_tree.hpp"
#include "tests/support/files.hpp"

namespace skald::test {
namespace {

namespace fs = std::filesystem;

Json json_of(const fs::path& file) {
  const std::string text = text_of(file);
  const definition::SourceText source(text);
  const auto tree = definition::read_yaml(source);
  for (const auto& problem : tree.problems) {
    throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), problem.mark.line, problem.message));
  }
  return to_json(tree.root);
}

}  // namespace

std::vector<ConformanceCase> read_cases() {
  std::vector<ConformanceCase> cases;
  for (const auto& file : files_of(fs::path(SKALD_SOURCE_DIR) / "tests/conformance/cases", ".yaml")) {
    std::string topic = file.stem().string();
    std::ranges::replace(topic, '-', '_');
    std::size_t number = 0;
    for (const Json& given : json_of(file)) cases.push_back({topic, ++number, given.at("shows"), given});
  }
  return cases;
}

std::string source_of(const Json& workflow) {
  Json document = {{"dsl", "1.0.3"}, {"namespace", "test"}, {"name", "subject"}, {"version", "1.0.0"}};
  if (workflow.contains("document")) document.update(workflow["document"]);
  Json whole = workflow;
  whole["document"] = std::move(document);
  return dump_json(whole);
}

Millis duration_of(const Json& text) {
  return parse_duration(text.get<std::string>()).value();
}

std::string difference(const Json& expected, const Json& actual, const std::string& place) {
  if (expected.is_object() && actual.is_object()) {
    for (const auto& [name, value] : expected.items()) {
      const auto found = actual.find(name);
      const Json& there = found == actual.end() ? Json() : *found;
      if (auto differs = difference(value, there, place + "." + name); !differs.empty()) return differs;
    }
    return {};
  }
  if (expected.is_array() && actual.is_array() && expected.size() == actual.size()) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (auto differs = difference(expected[i], actual[i], fmt::format("{}[{}]", place, i)); !differs.empty()) {
        return differs;
      }
    }
    return {};
  }
  if (expected == actual) return {};
  return fmt::format("{} is {}, not {}", place, dump_json(actual), dump_json(expected));
}

}  // namespace skald::test
