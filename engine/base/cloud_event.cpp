#include "engine/base/cloud_event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>

#include "engine/base/limits.hpp"
#include "engine/base/time.hpp"

namespace skald {
namespace {

constexpr std::size_t kAttributeBytesMax = 1024;

std::unexpected<Error> invalid(std::string message) {
  return failure("event.invalid", std::move(message), {}, "see CloudEvents 1.0.2, \"Context Attributes\"");
}

constexpr std::array<std::string_view, 3> kNeverEmpty = {"subject", "datacontenttype", "dataschema"};

bool is_integer(const Json& value) {
  return value.is_number_integer() && value.get<std::int64_t>() >= std::numeric_limits<std::int32_t>::min() &&
         value.get<std::int64_t>() <= std::numeric_limits<std::int32_t>::max();
}

bool is_text(const Json& value) {
  return value.is_string() && std::ranges::none_of(value.get_ref<const std::string&>(),
                                                   [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

// A number, or its digits: in binary mode every attribute is text.
std::optional<std::uint32_t> parse_depth(const Json& value) {
  if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    const bool fits = number >= 0 && number <= std::numeric_limits<std::int32_t>::max();
    return fits ? std::optional(static_cast<std::uint32_t>(number)) : std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool fits = error == std::errc() && end == text.data() + text.size() &&
                    number <= std::uint32_t{std::numeric_limits<std::int32_t>::max()};
  return fits ? std::optional(number) : std::nullopt;
}

}  // namespace

std::uint32_t depth_of_event(const Json& event) {
  const auto found = event.find(kDepthAttribute);
  return found == event.end() ? 0 : parse_depth(*found).value_or(std::numeric_limits<std::int32_t>::max());
}

bool is_attribute_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0; });
}

Result<void> check_event_attribute(const std::string& name, const Json& value) {
  if (name == "data" || name == "data_base64") return {};
  if (!is_attribute_name(name)) {
    return invalid(fmt::format("'{}' is no attribute: names have lower-case letters and digits", name));
  }
  const bool is_simple = is_text(value) || value.is_boolean() || is_integer(value);
  if (!is_simple) return invalid(fmt::format("'{}' must be text, a truth value or an integer of 32 bits", name));
  if (name == kDepthAttribute && !parse_depth(value)) {
    return invalid(fmt::format("'{}' must be an integer from 0 on, as the engine wrote it", name));
  }
  if (!value.is_string()) return {};
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > kAttributeBytesMax) {
    return invalid(fmt::format("'{}' has more than {} bytes", name, kAttributeBytesMax));
  }
  if (text.empty() && std::ranges::find(kNeverEmpty, name) != kNeverEmpty.end()) {
    return invalid(fmt::format("'{}' must be text that is not empty", name));
  }
  if (name == "time" && !parse_rfc3339(text)) {
    return invalid(fmt::format("'time' must be a time such as 2026-11-22T08:00:00Z (got '{}')", text.substr(0, 40)));
  }
  return {};
}

Result<void> check_cloud_event(const Json& event) {
  if (!event.is_object()) return invalid("an event is a JSON object");
  for (const char* name : {"specversion", "id", "source", "type"}) {
    if (!event.contains(name)) return invalid(fmt::format("'{}' is missing", name));
    if (!event[name].is_string() || event[name].get_ref<const std::string&>().empty()) {
      return invalid(fmt::format("'{}' must be text that is not empty", name));
    }
  }
  if (event["specversion"] != "1.0") {
    return invalid(fmt::format("'specversion' must be 1.0 (got '{}')", event["specversion"].get<std::string>()));
  }
  for (const auto& [name, value] : event.items()) {
    if (auto good = check_event_attribute(name, value); !good) return good;
  }
  if (event.contains("data") && event.contains("data_base64")) return invalid("it has both 'data' and 'data_base64'");
  if (event.contains("data_base64") && !event["data_base64"].is_string()) {
    return invalid("'data_base64' must be text");
  }
  if (dump_json(event).size() > limits::kEventBytesMax) {
    return failure("event.too_large", fmt::format("it has more than {} KiB", limits::kEventBytesMax / 1024), {},
                   "send where the data is to be had, instead of the data");
  }
  return {};
}

}  // namespace skald
