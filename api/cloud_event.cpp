#include "api/cloud_event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "api/http/target.hpp"

namespace skald::api {
namespace {

constexpr std::string_view kStructured = "application/cloudevents+json";
constexpr std::string_view kBatched = "application/cloudevents-batch+json";
constexpr std::string_view kHeaderPrefix = "ce-";
constexpr std::size_t kAttributeBytesMax = 1024;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

// Without its parameters.
std::string media_type_of(const Request& request) {
  std::string type = lower(request.header("Content-Type").value_or(""));
  type.erase(std::min(type.find(';'), type.size()));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  return type;
}

std::unexpected<Error> invalid(const std::string& place, std::string message) {
  return failure("event.invalid", std::move(message), place, "see CloudEvents 1.0.2, \"Context Attributes\"");
}

bool is_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0; });
}

bool is_text(const Json& value) {
  return value.is_string() && std::ranges::none_of(value.get_ref<const std::string&>(),
                                                   [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

Result<void> check_attribute(const std::string& name, const Json& value, const std::string& place) {
  if (name == "data" || name == "data_base64") return {};
  if (!is_name(name)) {
    return invalid(place, fmt::format("'{}' is no attribute: names have lower-case letters and digits", name));
  }
  const bool is_simple = is_text(value) || value.is_boolean() || value.is_number_integer();
  if (!is_simple) return invalid(place, fmt::format("'{}' must be text, a truth value or an integer", name));
  if (value.is_string() && value.get_ref<const std::string&>().size() > kAttributeBytesMax) {
    return invalid(place, fmt::format("'{}' has more than {} bytes", name, kAttributeBytesMax));
  }
  return {};
}

Result<void> check(const Json& event, const std::string& place) {
  if (!event.is_object()) return invalid(place, "an event is a JSON object");
  for (const char* name : {"specversion", "id", "source", "type"}) {
    if (!event.contains(name)) return invalid(place, fmt::format("'{}' is missing", name));
    if (!event[name].is_string() || event[name].get_ref<const std::string&>().empty()) {
      return invalid(place, fmt::format("'{}' must be text that is not empty", name));
    }
  }
  if (event["specversion"] != "1.0") {
    return invalid(place, fmt::format("'specversion' must be 1.0 (got '{}')", event["specversion"].get<std::string>()));
  }
  for (const auto& [name, value] : event.items()) {
    if (auto good = check_attribute(name, value, place); !good) return good;
  }
  if (event.contains("data") && event.contains("data_base64")) {
    return invalid(place, "it has both 'data' and 'data_base64'");
  }
  if (event.contains("data_base64") && !event["data_base64"].is_string()) {
    return invalid(place, "'data_base64' must be text");
  }
  if (dump_json(event).size() > kEventBytesMax) {
    return failure("event.too_large", fmt::format("it has more than {} KiB", kEventBytesMax / 1024), place,
                   "send where the data is to be had, instead of the data");
  }
  return {};
}

Result<Json> read_data(const Request& request, const std::string& type) {
  if (type.empty() || type == "application/json" || type.ends_with("+json")) return parse_json(request.body);
  if (type.starts_with("text/") && is_utf8(request.body)) return Json(request.body);
  return failure("http.media_type",
                 fmt::format("the data of an event in binary mode must be JSON or text (got '{}')", type), {},
                 "send it in structured mode, as data_base64");
}

// The attributes are headers, the body is the data.
Result<Json> read_binary(const Request& request, const std::string& type) {
  Json event = Json::object();
  for (const auto& [name, value] : request.headers) {
    const std::string attribute = lower(name);
    if (!attribute.starts_with(kHeaderPrefix)) continue;
    auto text = percent_decode(value, false);
    if (!text) return invalid(name, "it is no text in UTF-8, percent-encoded");
    event[attribute.substr(kHeaderPrefix.size())] = std::move(*text);
  }
  if (!event.contains("specversion")) {
    return failure(
        "http.media_type",
        fmt::format("the body must be a CloudEvent (got '{}' without the header ce-specversion)", type), {},
        fmt::format("send it with Content-Type: {}, or with the headers ce-specversion, ce-id, ce-source and "
                    "ce-type",
                    kStructured));
  }
  if (!type.empty()) event["datacontenttype"] = type;
  if (request.body.empty()) return event;
  auto data = read_data(request, type);
  if (!data) return std::unexpected(std::move(data.error()));
  event["data"] = std::move(*data);
  return event;
}

Result<std::vector<Json>> read_batch(const Request& request) {
  const auto batch = parse_json(request.body);
  if (!batch) return std::unexpected(batch.error());
  if (!batch->is_array()) return invalid("body", "a batch is a JSON list of events");
  if (batch->size() > kEventsInBatchMax) {
    return invalid("body", fmt::format("a batch has at most {} events (got {})", kEventsInBatchMax, batch->size()));
  }
  return batch->get<std::vector<Json>>();
}

}  // namespace

Result<std::vector<Json>> read_cloud_events(const Request& request) {
  const std::string type = media_type_of(request);
  const bool is_batch = type == kBatched;
  std::vector<Json> events;
  if (is_batch) {
    auto batch = read_batch(request);
    if (!batch) return batch;
    events = std::move(*batch);
  } else {
    auto event = type == kStructured ? parse_json(request.body) : read_binary(request, type);
    if (!event) return std::unexpected(std::move(event.error()));
    events.push_back(std::move(*event));
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::string place = is_batch ? fmt::format("/{}", i) : std::string();
    if (auto good = check(events[i], place); !good) return std::unexpected(std::move(good.error()));
  }
  return events;
}

}  // namespace skald::api
