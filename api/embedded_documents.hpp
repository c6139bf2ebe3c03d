// The documents that are compiled in and served as they stand.
#pragma once

#include <string_view>

namespace skald::api {

// api/openapi.json: the OpenAPI 3.1 document of this API.
std::string_view openapi_document();

// api/workflow_schema.json: the JSON Schema (draft-07) of a workflow definition, for editors.
std::string_view workflow_schema();

}  // namespace skald::api
