// The arguments of `call: openapi` in a request, each where the operation's description has it. Pure.
//
// Source: OpenAPI 3.1, "Style Values": `simple` in paths and headers, `form` in queries and cookies.
#pragma once

#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/json.hpp"
#include "engine/definition/steps/call.hpp"
#include "engine/saga/request.hpp"

namespace skald::saga {

using CallParameterList = std::vector<definition::CallParameter>;

// Whether they are an object of declared parameters, the required ones among them. Null is as if it were not there.
// Errors: "expression", "configuration".
Result<void> check_arguments(const CallParameterList& declared, const Json& arguments);

// A scalar, or a list of scalars with commas between them, as one path segment. Errors: "configuration".
Result<std::string> list_segment(const Json& arguments, const std::string& name);

// Writes all but those of the path. Errors: "configuration": an object where a text is to be.
Result<void> place_arguments(const CallParameterList& declared, const Json& arguments, Request& request);

}  // namespace skald::saga
