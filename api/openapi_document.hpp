// api/openapi.json, compiled in.
#pragma once

#include <string_view>

namespace skald::api {

std::string_view openapi_document();

}  // namespace skald::api
