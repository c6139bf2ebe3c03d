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
constexpr std::size_t kProblemsMax = 20;  // that are named

std::unexpected<Error> invalid(std::string message) {
  return failure("event.invalid", std::move(message), {}, "see CloudEvents 1.0.2, \"Context Attributes\"");
}

constexpr std::array<std::string_view, 3> kNeverEmpty = {"subject", "datacontenttype", "dataschema"};

bool is_integer(const Json& value) {
  constexpr auto kMax = std::numeric_limits<std::int32_t>::max();
  if (value.is_number_unsigned()) return value.get<std::uint64_t>() <= kMax;
  return value.is_number_integer() && value.get<std::int64_t>() >= std::numeric_limits<std::int32_t>::min() &&
         value.get<std::int64_t>() <= kMax;
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

namespace {

std::string got(const Json& value) {
  constexpr std::size_t kShownMax = 40;
  const std::string text = is_text(value) ? "'" + value.get<std::string>() + "'" : dump_json(value);
  return fmt::format("(got {})", text.size() <= kShownMax ? text
                                 : value.is_string()      ? "a long text"
                                                          : value.type_name());
}

// What is wrong with an attribute; empty: nothing.
std::string problem_of(const std::string& name, const Json& value) {
  if (name == "data" || name == "data_base64") return {};
  if (!is_attribute_name(name)) {
    return fmt::format("'{}' is no attribute: names have lower-case letters and digits", name);
  }
  const bool is_simple = is_text(value) || value.is_boolean() || is_integer(value);
  if (!is_simple) {
    return fmt::format("'{}' must be text, a truth value or an integer of 32 bits {}", name, got(value));
  }
  if (name == kDepthAttribute && !parse_depth(value)) {
    return fmt::format("'{}' must be an integer from 0 on, as the engine wrote it {}", name, got(value));
  }
  if (!value.is_string()) return {};
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > kAttributeBytesMax) return fmt::format("'{}' has more than {} bytes", name, kAttributeBytesMax);
  if (text.empty() && std::ranges::find(kNeverEmpty, name) != kNeverEmpty.end()) {
    return fmt::format("'{}' must be text that is not empty", name);
  }
  if (name == "time" && !parse_rfc3339(text)) {
    return fmt::format("'time' must be a time such as 2026-11-22T08:00:00Z {}", got(value));
  }
  return {};
}

// As above, of one that every event has.
std::string problem_of_required(const Json& event, const std::string& name) {
  const auto found = event.find(name);
  if (found == event.end()) return fmt::format("'{}' is missing", name);
  if (!found->is_string() || found->get_ref<const std::string&>().empty()) {
    return fmt::format("'{}' must be text that is not empty {}", name, got(*found));
  }
  if (name == "specversion" && *found != "1.0") return fmt::format("'specversion' must be 1.0 {}", got(*found));
  return problem_of(name, *found);
}

}  // namespace

Result<void> check_event_attribute(const std::string& name, const Json& value) {
  std::string problem = problem_of(name, value);
  if (!problem.empty()) return invalid(std::move(problem));
  return {};
}

Result<void> check_cloud_event(const Json& event) {
  if (!event.is_object()) return invalid("an event is a JSON object");
  constexpr std::array<std::string_view, 4> kRequired = {"specversion", "id", "source", "type"};
  std::string problems;
  std::size_t count = 0;
  const auto add = [&](std::string_view problem) {
    if (problem.empty() || ++count > kProblemsMax) return;
    problems.append(problems.empty() ? "" : "; ").append(problem);
  };
  for (const auto name : kRequired) add(problem_of_required(event, std::string(name)));
  for (const auto& [name, value] : event.items()) {
    if (std::ranges::find(kRequired, name) == kRequired.end()) add(problem_of(name, value));
  }
  if (event.contains("data") && event.contains("data_base64")) add("it has both 'data' and 'data_base64'");
  if (event.contains("data_base64") && !event["data_base64"].is_string()) {
    add("'data_base64' must be text " + got(event["data_base64"]));
  }
  if (!problems.empty()) return invalid(std::move(problems));
  if (dump_json(event).size() > limits::kEventBytesMax) {
    return failure("event.too_large", fmt::format("it has more than {} KiB", limits::kEventBytesMax / 1024), {},
                   "send where the data is to be had, instead of the data");
  }
  return {};
}

}  // namespace skald
