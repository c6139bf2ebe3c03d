#include "engine/expression/text.hpp"

#include <fmt/format.h>

#include <cfloat>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

namespace skald::expression {

CodePoint utf8_decode(std::string_view text) {
  if (text.empty()) return {};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  std::size_t length = 0;
  char32_t point = 0;
  char32_t smallest = 0;
  if (first >= 0xC2 && first < 0xE0) {
    length = 2, point = first & 0x1F, smallest = 0x80;
  } else if (first >= 0xE0 && first < 0xF0) {
    length = 3, point = first & 0x0F, smallest = 0x800;
  } else if (first >= 0xF0 && first < 0xF5) {
    length = 4, point = first & 0x07, smallest = 0x10000;
  } else {
    return {0xFFFD, 1};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size() || (byte(i) & 0xC0) != 0x80) return {0xFFFD, i};
    point = (point << 6) | (byte(i) & 0x3F);
  }
  if (point < smallest || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return {0xFFFD, length};
  return {point, length};
}

std::size_t utf8_length(std::string_view text) {
  return utf8_decode(text).bytes;
}

void append_utf8(std::string& out, char32_t point) {
  if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) point = 0xFFFD;
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | (point >> 6));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | (point >> 12));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (point >> 18));
    out += static_cast<char>(0x80 | ((point >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
}

std::size_t utf8_count(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    text.remove_prefix(utf8_length(text));
    ++count;
  }
  return count;
}

bool utf8_valid(std::string_view text) {
  while (!text.empty()) {
    const CodePoint point = utf8_decode(text);
    if (point.value == 0xFFFD && !text.starts_with("\xEF\xBF\xBD")) return false;
    text.remove_prefix(point.bytes);
  }
  return true;
}

std::size_t utf8_offset(std::string_view text, std::size_t index) {
  std::size_t offset = 0;
  while (index > 0 && offset < text.size()) {
    offset += utf8_length(text.substr(offset));
    --index;
  }
  return offset;
}

namespace {

// Lays shortest digits "d.dddde+XX" out as jq does: plain up to 10^17 and down to 0.0001, else with an exponent of at
// least two digits.
void append_digits(std::string& out, std::string_view scientific) {
  const std::size_t e = scientific.find('e');
  int exponent = 0;
  const std::size_t sign = e + 1;
  std::from_chars(scientific.data() + sign + (scientific[sign] == '+' ? 1 : 0), scientific.data() + scientific.size(),
                  exponent);
  std::string digits(1, scientific[0]);
  if (e > 2) digits += scientific.substr(2, e - 2);
  const int point = exponent + 1;  // where the decimal point stands in `digits`
  const int count = static_cast<int>(digits.size());
  if (point <= -4 || point > count + 15) {
    out += digits[0];
    if (count > 1) out.append(".").append(digits, 1);
    out += fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(".").append(digits, static_cast<std::size_t>(point));
  }
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // start of what can be copied as it is
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += fmt::format("\\u{:04x}", c);
    }
  }
  out.append(text, plain);
  out += '"';
}

void append_container(std::string& out, const Json& value, std::size_t size_max) {
  const bool object = value.is_object();
  out += object ? '{' : '[';
  bool first = true;
  for (auto item = value.begin(); item != value.end() && out.size() <= size_max; ++item) {
    if (!first) out += ',';
    first = false;
    if (object) {
      append_string(out, item.key());
      out += ':';
    }
    append_json(out, *item, size_max);
  }
  out += object ? '}' : ']';
}

}  // namespace

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "null";
    return;
  }
  if (std::isinf(value)) value = value > 0 ? DBL_MAX : -DBL_MAX;
  if (std::signbit(value)) {
    out += '-';
    value = -value;
  }
  if (value == 0) {
    out += '0';
    return;
  }
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  append_digits(out, std::string_view(buffer, end));
}

void append_json(std::string& out, const Json& value, std::size_t size_max) {
  switch (value.type()) {
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      break;
    case Json::value_t::number_integer:
      out += fmt::format_int(value.get<std::int64_t>()).c_str();
      break;
    case Json::value_t::number_unsigned:
      out += fmt::format_int(value.get<std::uint64_t>()).c_str();
      break;
    case Json::value_t::number_float:
      append_number(out, value.get<double>());
      break;
    case Json::value_t::string: {
      const std::string_view text = value.get_ref<const std::string&>();
      append_string(out, size_max < text.size() ? text.substr(0, size_max + 1) : text);
      break;
    }
    case Json::value_t::array:
    case Json::value_t::object:
      append_container(out, value, size_max);
      break;
    default:
      out += "null";
  }
}

std::string to_string(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  std::string out;
  append_json(out, value);
  return out;
}

std::string brief(const Json& value, std::size_t size_max) {
  std::string out;
  append_json(out, value, size_max);
  if (out.size() <= size_max) return out;
  std::size_t cut = size_max - 3;
  while (cut > 0 && (static_cast<unsigned char>(out[cut]) & 0xC0) == 0x80) --cut;
  out.resize(cut);
  return out + "...";
}

std::string_view kind_name(const Json& value) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return "boolean";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return "number";
    case Json::value_t::string:
      return "string";
    case Json::value_t::array:
      return "array";
    case Json::value_t::object:
      return "object";
    default:
      return "null";
  }
}

}  // namespace skald::expression
