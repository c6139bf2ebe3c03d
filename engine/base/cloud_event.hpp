// What makes a JSON object an event. Pure; any thread. Source: CloudEvents 1.0.2, "Context Attributes", and its JSON
// format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/error.hpp"
#include "engine/base/json.hpp"

namespace skald {

// A name that an attribute may have, which `data` and `data_base64` are not held to.
bool is_attribute_name(std::string_view name);

// An extension that the engine writes into what an execution emits: how many executions led to that one, each by
// running the next or by an event that started it. Absent: none. Whoever passes an event on passes it on with it.
inline constexpr const char* kDepthAttribute = "skalddepth";
// Of a checked event.
std::uint32_t depth_of_event(const Json& event);

// An attribute with its value. Errors: "event.invalid".
Result<void> check_event_attribute(const std::string& name, const Json& value);

// Errors: "event.invalid", naming all that is wrong with it; "event.too_large", more than limits::kEventBytesMax.
Result<void> check_cloud_event(const Json& event);

}  // namespace skald
