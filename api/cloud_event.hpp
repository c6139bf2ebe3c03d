// CloudEvents out of HTTP requests. Source: CloudEvents 1.0.2, and its JSON format and HTTP protocol binding.
#pragma once

#include <string>
#include <vector>

#include "api/http/message.hpp"
#include "engine/base/error.hpp"
#include "engine/base/json.hpp"

namespace skald::api {

inline constexpr std::size_t kEventsInBatchMax = 100;

// The events of a request in their structured form: one in structured or binary mode, several in batched mode. Errors:
// "json.syntax", "json.depth", "http.media_type", "event.invalid" (subject: which one of a batch), "event.too_large".
Result<std::vector<Json>> read_cloud_events(const Request& request);

}  // namespace skald::api
