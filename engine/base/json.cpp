#include "engine/base/json.hpp"

#include <fmt/format.h>

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
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void append_json_string(std::string& out, std::string_view text) {
  bool plain = true;
  for (const char c : text) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x80) {
      plain = false;
      break;
    }
  }
  if (plain) {
    out += '"';
    out += text;
    out += '"';
  } else {
    out += dump_json(Json(text));
  }
}

}  // namespace skald
