// Built-ins on dates: ISO 8601 text from and to seconds since 1970. Nothing here looks at a clock.
#include <fmt/format.h>

#include <cmath>

#include "engine/base/time.hpp"
#include "engine/expression/arithmetic.hpp"
#include "engine/expression/builtins.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

using Arguments = std::span<Value>;

constexpr double kSecondsMax = 253402300799;  // the end of the year 9999
constexpr double kSecondsMin = -62135596800;  // the start of the year 1

bool todate(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_number()) return evaluator.fail_type(input, "cannot be formatted as a date; seconds since 1970 can");
  const double seconds = std::trunc(input.get<double>());
  if (!(seconds >= kSecondsMin && seconds <= kSecondsMax)) {
    return evaluator.fail_type(input, "cannot be formatted as a date; the years 1 to 9999 can");
  }
  std::string text = format_rfc3339(from_millis(static_cast<std::int64_t>(seconds) * 1000));
  if (const auto fraction = text.find('.'); fraction != text.npos) text = text.substr(0, fraction) + 'Z';
  return evaluator.give_text(std::move(text), out);
}

bool fromdate(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  const auto instant = input.is_string() ? parse_rfc3339(input.get_ref<const std::string&>()) : std::nullopt;
  if (!instant) return evaluator.fail_type(input, "is not a date such as \"2015-03-05T23:51:47Z\"");
  const std::int64_t millis = to_millis(*instant);
  out = Value::scalar(millis % 1000 == 0 ? Json(millis / 1000) : number(static_cast<double>(millis) / 1000));
  return true;
}

constexpr Builtin kTime[] = {
    {.name = "fromdate", .value = fromdate},
    {.name = "fromdateiso8601", .value = fromdate},
    {.name = "todate", .value = todate},
    {.name = "todateiso8601", .value = todate},
};

}  // namespace

std::span<const Builtin> time_builtins() {
  return kTime;
}

}  // namespace skald::expression
