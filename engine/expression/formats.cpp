// @text @json @csv @tsv @html @uri @sh @base64 @base64d
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "engine/expression/builtins.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool text(Evaluator&, const Json& value, std::string& out) {
  if (value.is_string()) {
    out += value.get_ref<const std::string&>();
  } else {
    append_json(out, value);
  }
  return true;
}

bool json(Evaluator&, const Json& value, std::string& out) {
  append_json(out, value);
  return true;
}

struct Replacement {
  char from;
  std::string_view to;
};

void append_replaced(std::string& out, std::string_view input, std::span<const Replacement> replacements) {
  for (const char c : input) {
    bool replaced = false;
    for (const auto& [from, to] : replacements) {
      if (c != from) continue;
      out += to;
      replaced = true;
      break;
    }
    if (!replaced) out += c;
  }
}

struct Row {
  std::string_view refusal;
  std::string_view quote;
  std::string_view separator;
  std::span<const Replacement> replacements;
};

bool row(Evaluator& evaluator, const Json& value, std::string& out, const Row& style) {
  if (!value.is_array()) return evaluator.fail_type(value, style.refusal);
  bool first = true;
  for (const auto& item : value) {
    if (!first) out += style.separator;
    first = false;
    if (item.is_structured()) return evaluator.fail_type(item, "is not valid in a csv row");
    if (item.is_string()) {
      out += style.quote;
      append_replaced(out, item.get_ref<const std::string&>(), style.replacements);
      out += style.quote;
    } else if (!item.is_null() && !(item.is_number_float() && std::isnan(item.get<double>()))) {
      append_json(out, item);
    }
  }
  return true;
}

bool csv(Evaluator& evaluator, const Json& value, std::string& out) {
  static constexpr Replacement kQuote[] = {{'"', "\"\""}};
  return row(evaluator, value, out, {"cannot be csv-formatted, only array", "\"", ",", kQuote});
}

bool tsv(Evaluator& evaluator, const Json& value, std::string& out) {
  static constexpr Replacement kBlanks[] = {{'\t', "\\t"}, {'\r', "\\r"}, {'\n', "\\n"}, {'\\', "\\\\"}};
  return row(evaluator, value, out, {"cannot be tsv-formatted, only array", "", "\t", kBlanks});
}

bool html(Evaluator&, const Json& value, std::string& out) {
  static constexpr Replacement kMarkup[] = {
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'\'', "&apos;"}, {'"', "&quot;"}};
  append_replaced(out, to_string(value), kMarkup);
  return true;
}

bool uri(Evaluator&, const Json& value, std::string& out) {
  constexpr std::string_view kUnreserved = "-_.!~*'()";
  for (const char c : to_string(value)) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       kUnreserved.find(c) != kUnreserved.npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return true;
}

bool sh(Evaluator& evaluator, const Json& value, std::string& out) {
  static constexpr Replacement kQuote[] = {{'\'', "'\\''"}};
  const auto word = [&](const Json& item) {
    if (item.is_structured()) return evaluator.fail_type(item, "can not be escaped for shell");
    if (!item.is_string()) {
      append_json(out, item);
      return true;
    }
    out += '\'';
    append_replaced(out, item.get_ref<const std::string&>(), kQuote);
    out += '\'';
    return true;
  };
  if (!value.is_array()) return word(value);
  bool first = true;
  for (const auto& item : value) {
    if (!first) out += ' ';
    first = false;
    if (!word(item)) return false;
  }
  return true;
}

bool base64(Evaluator&, const Json& value, std::string& out) {
  const std::string data = to_string(value);
  for (std::size_t i = 0; i < data.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, data.size() - i);
    std::uint32_t code = 0;
    for (std::size_t j = 0; j < 3; ++j) code = code << 8 | (j < n ? static_cast<unsigned char>(data[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += j <= n ? kBase64[code >> (18 - 6 * j) & 0x3F] : '=';
  }
  return true;
}

// Bytes that are not UTF-8 become U+FFFD.
void append_clean(std::string& out, std::string_view data) {
  while (!data.empty()) {
    const CodePoint point = utf8_decode(data);
    append_utf8(out, point.value);
    data.remove_prefix(point.bytes);
  }
}

bool base64d(Evaluator& evaluator, const Json& value, std::string& out) {
  const std::string data = to_string(value);
  std::string decoded;
  std::uint32_t code = 0;
  unsigned held = 0;
  for (const char c : data) {
    if (c == '=') break;
    const std::size_t digit = kBase64.find(c);
    if (digit == kBase64.npos) return evaluator.fail_type(Json(data), "is not valid base64 data");
    code = code << 6 | static_cast<std::uint32_t>(digit);
    if (++held < 4) continue;
    for (const int shift : {16, 8, 0}) decoded += static_cast<char>(code >> shift & 0xFF);
    code = 0;
    held = 0;
  }
  if (held == 1) return evaluator.fail_type(Json(data), "trailing base64 byte found");
  if (held == 3) {
    decoded += static_cast<char>(code >> 10 & 0xFF);
    decoded += static_cast<char>(code >> 2 & 0xFF);
  } else if (held == 2) {
    decoded += static_cast<char>(code >> 4 & 0xFF);
  }
  append_clean(out, decoded);
  return true;
}

constexpr Format kFormats[] = {{"base64", base64}, {"base64d", base64d}, {"csv", csv}, {"html", html}, {"json", json},
                               {"sh", sh},         {"text", text},       {"tsv", tsv}, {"uri", uri}};

}  // namespace

std::span<const Format> all_formats() {
  return kFormats;
}

}  // namespace skald::expression
