// The fenced blocks of a page of docs/, and the documents that its examples stand for.
#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace skald::definition {

struct Block {
  std::string kind;  // "yaml", "yaml top", "yaml step", "text", ...
  std::string text;
  std::size_t line = 0;  // of the fence
  std::string heading;   // the nearest above it, without its marks
};

inline std::vector<Block> blocks_of(const std::string& page) {
  std::vector<Block> found;
  std::istringstream lines(page);
  std::string heading;
  bool inside = false;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) found.push_back({line.substr(3), "", number, heading});
    } else if (inside) {
      found.back().text += line + "\n";
    } else if (line.starts_with("#")) {
      heading = line.substr(line.find_first_not_of("# "));
    }
  }
  return found;
}

struct ExampleDocument {
  std::string source;
  std::size_t lines_before = 0;  // of ours, above the example
};

// `yaml` is a whole document, `yaml top` keys beside `do`, `yaml step` items of `do`.
inline ExampleDocument document_of(const Block& block) {
  const std::string header = "document: { dsl: '1.0.3', namespace: shop, name: sample, version: '1.0.0' }\n";
  if (block.kind == "yaml top") return {header + block.text + "do: [ { a: { set: { b: 1 } } } ]\n", 1};
  if (block.kind == "yaml step") return {header + "do:\n" + block.text, 2};
  return {block.text, 0};
}

}  // namespace skald::definition
