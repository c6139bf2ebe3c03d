// A value that a JSON Schema accepts, where one can be made without searching: examples and defaults first, then const,
// enum, and the type with its bounds. What the schema leaves open comes from the shape that expressions gave it.
#pragma once

#include <string_view>

#include "engine/dry_run/shape.hpp"

namespace skald::dry_run {

// `schema` is a draft-07 document; `name` is what the value is called, for texts. It may fail to fit: check it.
Json sample_of(const Json& schema, const Shape& shape, std::string_view name);

}  // namespace skald::dry_run
