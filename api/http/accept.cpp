#include "api/http/accept.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>
#include <vector>

namespace skald::api {
namespace {

std::string plain(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c != ' ' && c != '\t') result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

struct Range {
  std::string type;  // "image/svg+xml", "image/*", "*/*"
  double weight = 1;
};

// 0 for what is no number.
double weight_of(std::string_view text) {
  double weight = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
  return error == std::errc() && end == text.data() + text.size() ? std::clamp(weight, 0.0, 1.0) : 0;
}

Range read_range(std::string_view item) {
  Range range;
  std::size_t end = std::min(item.find(';'), item.size());
  range.type = plain(item.substr(0, end));
  while (end < item.size()) {
    item.remove_prefix(end + 1);
    end = std::min(item.find(';'), item.size());
    const std::string parameter = plain(item.substr(0, end));
    if (parameter.starts_with("q=")) range.weight = weight_of(std::string_view(parameter).substr(2));
  }
  return range;
}

std::vector<Range> read_ranges(std::string_view header) {
  std::vector<Range> ranges;
  for (std::size_t start = 0; start <= header.size();) {
    const std::size_t end = std::min(header.find(',', start), header.size());
    ranges.push_back(read_range(header.substr(start, end - start)));
    start = end + 1;
  }
  return ranges;
}

// How closely the range names the type; 0: not at all.
int closeness(const std::string& range, std::string_view type) {
  if (range == type) return 3;
  if (range == std::string(type.substr(0, type.find('/'))) + "/*") return 2;
  return range == "*/*" ? 1 : 0;
}

double weight_of(const std::vector<Range>& ranges, std::string_view type) {
  int closest = 0;
  double weight = 0;
  for (const Range& range : ranges) {
    const int close = closeness(range.type, type);
    if (close <= closest) continue;
    closest = close;
    weight = range.weight;
  }
  return weight;
}

}  // namespace

std::optional<std::size_t> choose_media_type(std::optional<std::string_view> accept,
                                             std::span<const std::string_view> offered) {
  if (!accept || plain(*accept).empty()) return 0;
  const std::vector<Range> ranges = read_ranges(*accept);
  std::optional<std::size_t> best;
  double best_weight = 0;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    const double weight = weight_of(ranges, offered[i]);
    if (weight <= best_weight) continue;
    best = i;
    best_weight = weight;
  }
  return best;
}

}  // namespace skald::api
