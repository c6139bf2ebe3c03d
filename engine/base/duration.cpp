#include "engine/base/duration.hpp"

#include <fmt/format.h>

namespace skald {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kDurationMax = 10'000 * kDay;

struct Number {
  std::int64_t whole = 0;
  std::int64_t thousandths = 0;
  bool has_fraction = false;
};

std::optional<Number> read_number(std::string_view text, std::size_t& pos) {
  Number number;
  const std::size_t first = pos;
  for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos) {
    if (pos - first > 12) return std::nullopt;
    number.whole = number.whole * 10 + (text[pos] - '0');
  }
  if (pos == first) return std::nullopt;
  if (pos < text.size() && (text[pos] == '.' || text[pos] == ',')) {
    number.has_fraction = true;
    const std::size_t start = ++pos;
    std::int64_t scale = 100;
    for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, scale /= 10) {
      number.thousandths += (text[pos] - '0') * scale;
    }
    if (pos == start) return std::nullopt;
  }
  return number;
}

// The length of a designator, and its rank, so that each comes once and in order; 0 for an unknown one.
struct Unit {
  std::int64_t millis = 0;
  int rank = 0;
};

Unit unit_of(char designator, bool in_time) {
  if (!in_time && designator == 'W') return {7 * kDay, 1};
  if (!in_time && designator == 'D') return {kDay, 2};
  if (in_time && designator == 'H') return {kHour, 3};
  if (in_time && designator == 'M') return {kMinute, 4};
  if (in_time && designator == 'S') return {kSecond, 5};
  return {};
}

}  // namespace

std::optional<Millis> parse_duration(std::string_view text) {
  if (text.size() < 3 || text[0] != 'P') return std::nullopt;
  std::int64_t total = 0;
  bool in_time = false;
  int last_rank = 0;
  for (std::size_t pos = 1; pos < text.size();) {
    if (text[pos] == 'T') {
      if (in_time || ++pos == text.size()) return std::nullopt;
      in_time = true;
      continue;
    }
    const auto number = read_number(text, pos);
    if (!number || pos == text.size()) return std::nullopt;
    const Unit unit = unit_of(text[pos++], in_time);
    if (unit.rank <= last_rank || (number->has_fraction && unit.millis != kSecond)) return std::nullopt;
    last_rank = unit.rank;
    if (number->whole > kDurationMax / unit.millis) return std::nullopt;
    total += number->whole * unit.millis + number->thousandths;
    if (total > kDurationMax) return std::nullopt;
  }
  if (last_rank == 0) return std::nullopt;
  return Millis(total);
}

std::string format_duration(Millis duration) {
  std::int64_t rest = duration.count();
  if (rest <= 0) return "PT0S";
  std::string text = "P";
  if (rest >= kDay) text += fmt::format("{}D", rest / kDay);
  rest %= kDay;
  if (rest == 0) return text;
  text += 'T';
  if (rest >= kHour) text += fmt::format("{}H", rest / kHour);
  rest %= kHour;
  if (rest >= kMinute) text += fmt::format("{}M", rest / kMinute);
  rest %= kMinute;
  if (rest == 0) return text;
  text += fmt::format("{}", rest / kSecond);
  if (rest % kSecond != 0) {
    std::string fraction = fmt::format("{:03}", rest % kSecond);
    while (fraction.back() == '0') fraction.pop_back();
    text += "." + fraction;
  }
  return text + "S";
}

}  // namespace skald
