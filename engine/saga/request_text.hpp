// Values as the text of a URL: percent-encoded path segments and query fields. Pure.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/error.hpp"
#include "engine/base/json.hpp"

namespace skald::saga {

// RFC 3986, section 2.1: everything but unreserved characters.
std::string percent_encode(std::string_view text);

// A string as it is, anything else as JSON.
std::string scalar_text(const Json& value);

// A scalar of `arguments` as one path segment. Errors: "configuration": there is none, or it would name another
// resource; `where` is its subject.
Result<std::string> path_segment(const Json& arguments, const std::string& name, std::string_view where);

// `name=text` behind what the target has, where `text` is encoded.
void append_query_field(std::string& target, std::string_view name, std::string_view text);

// Each field of an object: null is left out, a list is a field an item.
void append_query(std::string& target, const Json& fields);

}  // namespace skald::saga
