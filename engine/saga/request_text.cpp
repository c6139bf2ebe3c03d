#include "engine/saga/request_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace skald::saga {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string scalar_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

Result<std::string> path_segment(const Json& arguments, const std::string& name, std::string_view where) {
  const auto it = arguments.is_object() ? arguments.find(name) : arguments.end();
  if (it == arguments.end() || it->is_null() || it->is_structured()) {
    return failure("configuration", fmt::format("the path parameter '{}' has no value", name), std::string(where),
                   "give it a string or a number in `with`");
  }
  std::string text = scalar_text(*it);
  if (text.empty() || text == "." || text == "..") {
    return failure("configuration", fmt::format("the path parameter '{}' must not be '{}'", name, text),
                   std::string(where));
  }
  return percent_encode(text);
}

void append_query_field(std::string& target, std::string_view name, std::string_view text) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  target.append(percent_encode(name)).append("=").append(text);
}

void append_query(std::string& target, const Json& fields) {
  const auto append = [&](const std::string& name, const Json& value) {
    append_query_field(target, name, percent_encode(scalar_text(value)));
  };
  for (const auto& [name, value] : fields.items()) {
    if (value.is_null()) continue;
    if (value.is_array()) {
      for (const auto& item : value) append(name, item);
    } else {
      append(name, value);
    }
  }
}

}  // namespace skald::saga
