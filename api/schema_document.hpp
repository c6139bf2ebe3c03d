// api/workflow_schema.json, compiled in: the JSON Schema (draft-07) of a workflow definition, for editors.
#pragma once

#include <string_view>

namespace skald::api {

std::string_view schema_document();

}  // namespace skald::api
