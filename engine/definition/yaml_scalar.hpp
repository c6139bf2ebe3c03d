// Scalars: their type by the YAML 1.2 core schema, and where in the source a byte of their value stands.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/definition/source_text.hpp"
#include "engine/definition/yaml_tree.hpp"

namespace skald::definition {

// The type of a plain scalar (YAML 1.2, 10.3.2). `.inf` and `.nan` are kFloat here; JSON has no place for them.
Node::Kind plain_scalar_kind(std::string_view text);

// Whether a quoted scalar lacks its closing quote: yaml-cpp takes the end of the input for it after a line break.
bool is_unterminated(const SourceText& source, const Node& scalar);

// The place of `value_offset` in a scalar's value, through quotes, escapes, folding and block indentation. Where the
// value and the source cannot be brought together (an alias of an alias, say), the scalar's own place.
Mark mark_in_scalar(const SourceText& source, const Node& scalar, std::size_t value_offset);

}  // namespace skald::definition
