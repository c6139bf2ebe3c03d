#include "engine/definition/schedule/cron_field.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace skald::definition {
namespace {

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool is_same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (upper(a[i]) != upper(b[i])) return false;
  }
  return true;
}

std::optional<unsigned> number_of(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<unsigned> value_of(std::string_view text, const CronFieldKind& kind) {
  for (std::size_t i = 0; i < kind.names.size(); ++i) {
    if (is_same_word(text, kind.names[i])) return kind.min + static_cast<unsigned>(i);
  }
  const auto value = number_of(text);
  if (!value || *value < kind.min || *value > kind.max) return std::nullopt;
  return value;
}

std::unexpected<Error> refuse(std::string_view part, const CronFieldKind& kind) {
  std::string names;
  if (!kind.names.empty()) names = fmt::format(" or {} to {}", kind.names.front(), kind.names.back());
  return failure("cron.invalid",
                 fmt::format("has '{}' as the {}, which must be {} to {}{}, a range such as {}-{}, '*', each of them "
                             "with a step such as */2, or a list of those",
                             part, kind.what, kind.min, kind.max, names, kind.min, kind.min + 2));
}

struct Range {
  unsigned first = 0;
  unsigned last = 0;
};

// "*", "5", "8-18"; a single value with a step goes on to the end.
std::optional<Range> range_of(std::string_view text, const CronFieldKind& kind, bool has_step) {
  if (text == "*") return Range{kind.min, kind.max};
  const auto dash = text.find('-');
  const auto first = value_of(text.substr(0, dash), kind);
  if (!first) return std::nullopt;
  if (dash == std::string_view::npos) return Range{*first, has_step ? kind.max : *first};
  const auto last = value_of(text.substr(dash + 1), kind);
  if (!last || *last < *first) return std::nullopt;
  return Range{*first, *last};
}

// The values of one part of a list.
std::optional<std::uint64_t> values_of(std::string_view part, const CronFieldKind& kind) {
  const auto slash = part.find('/');
  unsigned step = 1;
  if (slash != std::string_view::npos) {
    const auto given = number_of(part.substr(slash + 1));
    if (!given || *given == 0 || *given > kind.max) return std::nullopt;
    step = *given;
  }
  const auto range = range_of(part.substr(0, slash), kind, slash != std::string_view::npos);
  if (!range) return std::nullopt;
  std::uint64_t values = 0;
  for (unsigned value = range->first; value <= range->last; value += step) values |= std::uint64_t{1} << value;
  return values;
}

}  // namespace

Result<CronField> parse_cron_field(std::string_view text, const CronFieldKind& kind) {
  CronField field{.begins_with_star = text.starts_with('*')};
  for (std::string_view rest = text;;) {
    const auto comma = rest.find(',');
    const auto part = rest.substr(0, comma);
    const auto values = values_of(part, kind);
    if (!values) return refuse(part, kind);
    field.values |= *values;
    if (comma == std::string_view::npos) return field;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace skald::definition
