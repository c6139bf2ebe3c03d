#include "tests/engine/saga/shrink_workflow.hpp"

#include <algorithm>
#include <sstream>
#include <vector>

#include "tests/engine/saga/saga_bench.hpp"

namespace skald::saga {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

std::string text_of(const Lines& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

// Where the block that begins at `first` has ended.
std::size_t end_of_block(const Lines& lines, std::size_t first) {
  const auto indent = lines[first].find_first_not_of(' ');
  std::size_t end = first + 1;
  while (end < lines.size() && lines[end].find_first_not_of(' ') > indent) ++end;
  return end;
}

bool loads(const std::string& yaml) {
  const auto operations = bench_operations();
  return definition::load(yaml, {.operations = &operations, .is_stored = true}).ok();
}

}  // namespace

std::string shrink_workflow(const std::string& yaml, const std::function<bool(const std::string&)>& fails) {
  Lines lines = lines_of(yaml);
  for (bool has_shrunk = true; std::exchange(has_shrunk, false);) {
    for (std::size_t first = 0; first < lines.size();) {
      Lines fewer = lines;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(first),
                  fewer.begin() + static_cast<std::ptrdiff_t>(end_of_block(lines, first)));
      const auto text = text_of(fewer);
      if (loads(text) && fails(text)) {
        lines = std::move(fewer);
        has_shrunk = true;
      } else {
        ++first;
      }
    }
  }
  return text_of(lines);
}

}  // namespace skald::saga
