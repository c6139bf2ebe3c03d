#include "engine/base/json.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

namespace skald {
namespace {

std::optional<Error> check_depth(std::string_view text, std::size_t depth_max) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > depth_max) {
        return Error{.code = "json.depth",
                     .message = fmt::format("JSON is nested deeper than {} levels (at byte {})", depth_max, i)};
      }
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return std::nullopt;
}

Error syntax_error(const nlohmann::json::exception& error) {
  std::string why = error.what();
  if (const auto bracket = why.find("] "); bracket != std::string::npos) why.erase(0, bracket + 2);
  return Error{.code = "json.syntax", .message = "is not valid JSON", .detail = std::move(why)};
}

std::string library_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Whether eight bytes hold one that a JSON string cannot hold as it is: outside ASCII, a control character, '"' or
// '\\'. Each difference sets the high bit of such a byte; a borrow spoils other bytes only where there is one.
bool holds_special(std::uint64_t bytes) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  const std::uint64_t control = bytes - kEach * 0x20;
  const std::uint64_t quote = (bytes ^ (kEach * '"')) - kEach;
  const std::uint64_t backslash = (bytes ^ (kEach * '\\')) - kEach;
  return ((bytes | control | quote | backslash) & (kEach * 0x80)) != 0;
}

bool is_plain(std::string_view text) {
  std::uint64_t bytes = 0;
  for (; text.size() >= sizeof bytes; text.remove_prefix(sizeof bytes)) {
    std::memcpy(&bytes, text.data(), sizeof bytes);
    if (holds_special(bytes)) return false;
  }
  char rest[sizeof bytes] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};
  text.copy(rest, text.size());
  std::memcpy(&bytes, rest, sizeof bytes);
  return !holds_special(bytes);
}

// What payloads mostly consist of is written here, the rest by the library, whose serializer goes through every text
// character by character.
void append_json(std::string& out, const Json& value);

void append_member(std::string& out, const Json::object_t::value_type& member) {
  append_json_string(out, member.first);
  out += ':';
  append_json(out, member.second);
}

void append_json(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::object:
      out += '{';
      append_joined(out, value.get_ref<const Json::object_t&>(), append_member);
      out += '}';
      return;
    case Json::value_t::array:
      out += '[';
      append_joined(out, value.get_ref<const Json::array_t&>(), append_json);
      out += ']';
      return;
    case Json::value_t::string:
      return append_json_string(out, value.get_ref<const std::string&>());
    case Json::value_t::number_integer:
      fmt::format_to(std::back_inserter(out), FMT_STRING("{}"), value.get<std::int64_t>());
      return;
    case Json::value_t::number_unsigned:
      fmt::format_to(std::back_inserter(out), FMT_STRING("{}"), value.get<std::uint64_t>());
      return;
    default:
      out += library_text(value);
  }
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t depth_max) {
  if (auto error = check_depth(text, depth_max)) return std::unexpected(std::move(*error));
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    return std::unexpected(syntax_error(error));
  }
}

std::optional<Error> check_json(std::string_view text) {
  if (auto error = check_depth(text, kJsonDepthMax)) return error;
  if (Json::accept(text)) return std::nullopt;
  auto parsed = parse_json(text);
  return parsed ? std::nullopt : std::optional(parsed.error());
}

bool is_deeper_than(const Json& value, std::size_t depth_max) {
  if (!value.is_structured()) return false;
  if (depth_max == 0) return true;
  for (const auto& child : value) {
    if (is_deeper_than(child, depth_max - 1)) return true;
  }
  return false;
}

std::string dump_json(const Json& value) {
  std::string text;
  append_json(text, value);
  return text;
}

void append_json_string(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out += '"';
    out += text;
    out += '"';
  } else {
    out += library_text(Json(text));
  }
}

}  // namespace skald
