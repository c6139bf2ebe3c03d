// What an operation of an OpenAPI document takes: its parameters and its body, and how each is written. Pure.
//
// Source: OpenAPI 3.1, "Parameter Object" and "Request Body Object"; Swagger 2.0, "Parameter Object".
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/definition/openapi/api_document.hpp"

namespace skald::definition {

// The value that `value` is, or refers to within `root` through at most 16 references. The error says what is wrong.
std::expected<const Json*, std::string> follow(const Json& root, const Json& value);

// Fills the parameters and the media type. The error says why the operation cannot be called.
std::expected<void, std::string> read_parameters(const Json& root, const Json& path_item, const Json& operation,
                                                 bool is_swagger, ApiOperation& out);

}  // namespace skald::definition
