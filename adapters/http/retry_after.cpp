#include "adapters/http/retry_after.hpp"

#include <algorithm>
#include <array>

namespace skald::adapters {
namespace {

constexpr Millis kRetryAfterMax = std::chrono::hours(24 * 365);
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Reads a text from its front; every function says whether what it wanted was there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool literal(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  bool digits(std::size_t count, int& value) {
    if (rest_.size() < count) return false;
    value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return false;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }

  bool month(int& value) {
    const auto found = std::ranges::find(kMonths, rest_.substr(0, 3));
    if (found == kMonths.end()) return false;
    value = static_cast<int>(found - kMonths.begin()) + 1;
    rest_.remove_prefix(3);
    return true;
  }

  bool time_of_day(int& hour, int& minute, int& second) {
    return digits(2, hour) && literal(":") && digits(2, minute) && literal(":") && digits(2, second);
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<Timestamp> make_time(int year, int month, int day, int hour, int minute, int second) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

std::optional<Timestamp> parse_imf_fixdate(std::string_view text) {
  int year, month, day, hour, minute, second;
  if (text.size() < 5) return std::nullopt;
  Scanner scan(text.substr(3));
  if (scan.literal(", ") && scan.digits(2, day) && scan.literal(" ") && scan.month(month) && scan.literal(" ") &&
      scan.digits(4, year) && scan.literal(" ") && scan.time_of_day(hour, minute, second) && scan.literal(" GMT") &&
      scan.at_end()) {
    return make_time(year, month, day, hour, minute, second);
  }
  return std::nullopt;
}

std::optional<Timestamp> parse_rfc850(std::string_view text, Timestamp now) {
  int year, month, day, hour, minute, second;
  const auto comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  Scanner scan(text.substr(comma));
  if (!(scan.literal(", ") && scan.digits(2, day) && scan.literal("-") && scan.month(month) && scan.literal("-") &&
        scan.digits(2, year) && scan.literal(" ") && scan.time_of_day(hour, minute, second) && scan.literal(" GMT") &&
        scan.at_end())) {
    return std::nullopt;
  }
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const int this_year = static_cast<int>(today.year());
  year += this_year / 100 * 100;
  if (year > this_year + 50) year -= 100;
  return make_time(year, month, day, hour, minute, second);
}

std::optional<Timestamp> parse_asctime(std::string_view text) {
  int year, month, day, hour, minute, second;
  if (text.size() < 5) return std::nullopt;
  Scanner scan(text.substr(3));
  if (!(scan.literal(" ") && scan.month(month) && scan.literal(" "))) return std::nullopt;
  const bool has_day = scan.literal(" ") ? scan.digits(1, day) : scan.digits(2, day);
  if (has_day && scan.literal(" ") && scan.time_of_day(hour, minute, second) && scan.literal(" ") &&
      scan.digits(4, year) && scan.at_end()) {
    return make_time(year, month, day, hour, minute, second);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Timestamp> parse_http_date(std::string_view text, Timestamp now) {
  if (auto time = parse_imf_fixdate(text)) return time;
  if (auto time = parse_rfc850(text, now)) return time;
  return parse_asctime(text);
}

std::optional<Millis> parse_retry_after(std::string_view text, Timestamp now) {
  if (text.empty()) return std::nullopt;
  const bool is_number = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (is_number) {
    if (text.size() > 9) return kRetryAfterMax;
    std::int64_t seconds = 0;
    for (const char c : text) seconds = seconds * 10 + (c - '0');
    return std::min<Millis>(std::chrono::seconds(seconds), kRetryAfterMax);
  }
  const auto date = parse_http_date(text, now);
  if (!date) return std::nullopt;
  return std::clamp<Millis>(*date - now, Millis(0), kRetryAfterMax);
}

}  // namespace skald::adapters
