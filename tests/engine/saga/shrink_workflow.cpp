#include "tests/engine/saga/shrink_workflow.hpp"

#include <algorithm>
#include <sstream>
#include <utility>
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

Lines::const_iterator at(const Lines& lines, std::size_t place) {
  return lines.begin() + static_cast<std::ptrdiff_t>(place);
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

bool is_step(const std::string& line) {
  return line.find("- ") == line.find_first_not_of(' ');
}

// The lines without a block.
Lines without_block(const Lines& lines, std::size_t first) {
  Lines left(lines.begin(), at(lines, first));
  left.insert(left.end(), at(lines, end_of_block(lines, first)), lines.end());
  return left;
}

// A step inside another in that one's place.
Lines with_inner_step(const Lines& lines, std::size_t outer, std::size_t inner) {
  const auto deeper = lines[inner].find_first_not_of(' ') - lines[outer].find_first_not_of(' ');
  Lines left(lines.begin(), at(lines, outer));
  for (std::size_t i = inner; i < end_of_block(lines, inner); ++i) left.push_back(lines[i].substr(deeper));
  left.insert(left.end(), at(lines, end_of_block(lines, outer)), lines.end());
  return left;
}

std::vector<Lines> smaller_at(const Lines& lines, std::size_t first) {
  std::vector<Lines> smaller{without_block(lines, first)};
  for (std::size_t inner = first + 1; is_step(lines[first]) && inner < end_of_block(lines, first); ++inner) {
    if (is_step(lines[inner])) smaller.push_back(with_inner_step(lines, first, inner));
  }
  return smaller;
}

}  // namespace

std::string shrink_workflow(const std::string& yaml, const std::function<bool(const std::string&)>& fails) {
  Lines lines = lines_of(yaml);
  const auto is_enough = [&fails](const Lines& some) {
    const auto text = text_of(some);
    return loads(text) && fails(text);
  };
  for (bool has_shrunk = true; std::exchange(has_shrunk, false);) {
    for (std::size_t first = 0; first < lines.size();) {
      const auto smaller = smaller_at(lines, first);
      const auto found = std::ranges::find_if(smaller, is_enough);
      if (found == smaller.end()) {
        ++first;
      } else {
        lines = *found;
        has_shrunk = true;
      }
    }
  }
  return text_of(lines);
}

}  // namespace skald::saga
