#include "api/cloud_event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "api/http/target.hpp"
#include "engine/base/cloud_event.hpp"

namespace skald::api {
namespace {

constexpr std::string_view kStructured = "application/cloudevents+json";
constexpr std::string_view kBatched = "application/cloudevents-batch+json";
constexpr std::string_view kHeaderPrefix = "ce-";

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

std::unexpected<Error> invalid_event(const std::string& place, std::string message) {
  return failure("event.invalid", std::move(message), place, "see CloudEvents 1.0.2, \"Context Attributes\"");
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
    if (!text) return invalid_event(name, "it is no text in UTF-8, percent-encoded");
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
  if (!batch->is_array()) return invalid_event("body", "a batch is a JSON list of events");
  if (batch->size() > kEventsInBatchMax) {
    return invalid_event("body",
                         fmt::format("a batch has at most {} events (got {})", kEventsInBatchMax, batch->size()));
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
    auto good = check_cloud_event(events[i]);
    if (good) continue;
    if (is_batch) good.error().subject = fmt::format("/{}", i);
    return std::unexpected(std::move(good.error()));
  }
  return events;
}

}  // namespace skald::api
