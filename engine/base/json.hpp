// JSON values: nlohmann::json behind one name, with a parser that is bounded in depth (the library's own copy and
// dump overflow the stack on a 200 kB body of brackets).
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/error.hpp"

namespace skald {

using Json = nlohmann::json;

inline constexpr std::size_t kJsonDepthMax = 64;

// Errors: "json.syntax" (with the byte offset), "json.depth".
Result<Json> parse_json(std::string_view text, std::size_t depth_max = kJsonDepthMax);

// The same checks without building the value; nullopt means well-formed.
std::optional<Error> check_json(std::string_view text);

// Whether `value` is nested deeper than `depth_max`; looks no deeper than that.
bool is_deeper_than(const Json& value, std::size_t depth_max);

// Compact text; invalid UTF-8 is replaced, so it never throws.
std::string dump_json(const Json& value);

// Appends `text` as a JSON string with its quotes.
void append_json_string(std::string& out, std::string_view text);

// Appends the items of a list with commas between them: append_item(out, item) each that is not left out. The brackets
// are the caller's.
template <class Items, class AppendItem, class LeaveOut>
void append_joined(std::string& out, const Items& items, AppendItem append_item, LeaveOut leave_out) {
  bool first = true;
  for (const auto& item : items) {
    if (std::invoke(leave_out, item)) continue;
    if (!first) out += ',';
    first = false;
    append_item(out, item);
  }
}
template <class Items, class AppendItem>
void append_joined(std::string& out, const Items& items, AppendItem append_item) {
  append_joined(out, items, append_item, [](const auto&) { return false; });
}

}  // namespace skald
