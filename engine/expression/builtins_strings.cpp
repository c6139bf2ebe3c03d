// Built-ins on text: conversion, case, trimming, splitting.
#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "engine/expression/arithmetic.hpp"
#include "engine/expression/builtins.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

using Arguments = std::span<Value>;

const std::string& text_of(const Json& value) {
  return value.get_ref<const std::string&>();
}

bool tostring(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (input.is_string()) {
    out = Value(input);
    return true;
  }
  return evaluator.give_text(to_string(input), out);
}

bool tojson(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  std::string text;
  append_json(text, input);
  return evaluator.give_text(std::move(text), out);
}

bool parse_number(std::string_view text, Json& out) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return false;
  text = text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.find_first_not_of("0123456789.eE+-") != text.npos) return false;
  const auto* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(text.data(), end, whole); read.ec == std::errc() && read.ptr == end) {
    out = text.starts_with('-') && whole == 0 ? Json(-0.0) : Json(whole);
    return true;
  }
  std::uint64_t large = 0;
  if (const auto read = std::from_chars(text.data(), end, large); read.ec == std::errc() && read.ptr == end) {
    out = large;
    return true;
  }
  double value = 0;
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ptr != end) return false;
  if (read.ec == std::errc::result_out_of_range) {
    const bool tiny = text.find("e-") != text.npos || text.find("E-") != text.npos || text.starts_with("0.");
    value = tiny ? 0 : (text.starts_with('-') ? -HUGE_VAL : HUGE_VAL);
  }
  out = number(value);
  return true;
}

bool tonumber(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (input.is_number()) {
    out = Value(input);
    return true;
  }
  Json parsed;
  if (!input.is_string() || !parse_number(text_of(input), parsed)) {
    return evaluator.fail_type(input, "cannot be parsed as a number");
  }
  out = Value::scalar(std::move(parsed));
  return true;
}

bool fromjson(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_string()) return evaluator.fail_type(input, "only strings can be parsed");
  if (!evaluator.work(text_of(input).size())) return false;
  auto parsed = parse_json(text_of(input));
  if (!parsed) return evaluator.fail_type(input, parsed.error().message);
  return evaluator.give(std::move(*parsed), out);
}

template <char From, char To, int Shift>
bool change_case(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_string()) return evaluator.fail("explode input must be a string");
  std::string text = text_of(input);
  for (char& c : text) {
    if (c >= From && c <= To) c = static_cast<char>(c + Shift);
  }
  return evaluator.give_text(std::move(text), out);
}

bool startswith(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  if (!input.is_string() || !arguments[0]->is_string()) {
    return evaluator.fail("startswith() requires string inputs");
  }
  out = Value::scalar(Json(text_of(input).starts_with(text_of(*arguments[0]))));
  return true;
}

bool endswith(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  if (!input.is_string() || !arguments[0]->is_string()) return evaluator.fail("endswith() requires string inputs");
  out = Value::scalar(Json(text_of(input).ends_with(text_of(*arguments[0]))));
  return true;
}

bool ltrimstr(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  if (!input.is_string() || !arguments[0]->is_string() || !text_of(input).starts_with(text_of(*arguments[0]))) {
    out = Value(input);
    return true;
  }
  return evaluator.give_text(text_of(input).substr(text_of(*arguments[0]).size()), out);
}

bool rtrimstr(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  if (!input.is_string() || !arguments[0]->is_string() || !text_of(input).ends_with(text_of(*arguments[0]))) {
    out = Value(input);
    return true;
  }
  return evaluator.give_text(text_of(input).substr(0, text_of(input).size() - text_of(*arguments[0]).size()), out);
}

bool split(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  if (!input.is_string() || !arguments[0]->is_string()) {
    return evaluator.fail("split input and separator must be strings");
  }
  return split_text(evaluator, text_of(input), text_of(*arguments[0]), out);
}

bool join(Evaluator& evaluator, const Json& input, Arguments arguments, Value& out) {
  if (!input.is_structured()) {
    return evaluator.fail(fmt::format("Cannot iterate over {} ({})", kind_name(input), brief(input)));
  }
  const Json& separator = *arguments[0];
  std::string text;
  bool first = true;
  for (const auto& item : input) {
    if (!first && separator.is_string()) text += text_of(separator);
    if (!first && !separator.is_string() && !separator.is_null()) {
      return evaluator.fail_types(Json(text), separator, "cannot be added");
    }
    first = false;
    if (item.is_structured()) return evaluator.fail_types(Json(text), item, "cannot be added");
    if (!item.is_null()) text += to_string(item);
    if (!evaluator.work(Budget::kStep / 4) || !evaluator.check_room(text.size())) return false;
  }
  return evaluator.give_text(std::move(text), out);
}

bool explode(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_string()) return evaluator.fail("explode input must be a string");
  if (!evaluator.start_array(out)) return false;
  for (std::string_view rest = text_of(input); !rest.empty();) {
    const CodePoint point = utf8_decode(rest);
    if (!evaluator.append(out, Value::scalar(Json(static_cast<std::int64_t>(point.value))))) return false;
    rest.remove_prefix(point.bytes);
  }
  return true;
}

bool implode(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_array()) return evaluator.fail("implode input must be an array");
  std::string text;
  for (const auto& item : input) {
    if (!item.is_number()) return evaluator.fail("implode input must be an array of code points");
    const double point = item.get<double>();
    append_utf8(text, point >= 0 && point <= 0x10FFFF ? static_cast<char32_t>(point) : 0xFFFD);
    if (!evaluator.work(4)) return false;
  }
  return evaluator.give_text(std::move(text), out);
}

bool utf8bytelength(Evaluator& evaluator, const Json& input, Arguments, Value& out) {
  if (!input.is_string()) return evaluator.fail_type(input, "only strings have UTF-8 byte length");
  out = Value::scalar(Json(static_cast<std::int64_t>(text_of(input).size())));
  return true;
}

constexpr Builtin kStrings[] = {
    {.name = "ascii_downcase", .value = change_case<'A', 'Z', 32>},
    {.name = "ascii_upcase", .value = change_case<'a', 'z', -32>},
    {.name = "endswith", .arity = 1, .value = endswith},
    {.name = "explode", .value = explode},
    {.name = "fromjson", .value = fromjson},
    {.name = "implode", .value = implode},
    {.name = "join", .arity = 1, .value = join},
    {.name = "ltrimstr", .arity = 1, .value = ltrimstr},
    {.name = "rtrimstr", .arity = 1, .value = rtrimstr},
    {.name = "split", .arity = 1, .value = split},
    {.name = "startswith", .arity = 1, .value = startswith},
    {.name = "tojson", .value = tojson},
    {.name = "tonumber", .value = tonumber},
    {.name = "tostring", .value = tostring},
    {.name = "utf8bytelength", .value = utf8bytelength},
};

}  // namespace

std::span<const Builtin> string_builtins() {
  return kStrings;
}

}  // namespace skald::expression
