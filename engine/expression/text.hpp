// UTF-8 and the text form of values, as jq prints them (numbers in their shortest form, DEL escaped).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/json.hpp"

namespace skald::expression {

// Bytes of the first character; at least 1 and at most text.size(), whatever the bytes are. 0 for empty text.
std::size_t utf8_length(std::string_view text);

// The first character of `text` and its length in bytes; U+FFFD for anything malformed.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;
};
CodePoint utf8_decode(std::string_view text);

void append_utf8(std::string& out, char32_t point);

std::size_t utf8_count(std::string_view text);
bool utf8_valid(std::string_view text);

// The byte offset of the `index`-th character, or text.size() when there are fewer.
std::size_t utf8_offset(std::string_view text, std::size_t index);

void append_number(std::string& out, double value);

// Appends compact JSON. Stops early once `out` is longer than `size_max`.
void append_json(std::string& out, const Json& value, std::size_t size_max = SIZE_MAX);

// A string as itself, anything else as compact JSON.
std::string to_string(const Json& value);

// Compact JSON of at most `size_max` bytes for error messages, with "..." at the end when something was cut.
std::string brief(const Json& value, std::size_t size_max = 14);

// null, boolean, number, string, array or object.
std::string_view kind_name(const Json& value);

}  // namespace skald::expression
