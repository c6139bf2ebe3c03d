// The base address of an operation: what an OpenAPI document says of its servers. Pure.
//
// Source: OpenAPI 3.1, "Server Object"; Swagger 2.0, `schemes`, `host`, `basePath`; RFC 3986, section 5.2.
#pragma once

#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>

#include "engine/base/json.hpp"

namespace skald::definition {

// Of 3.x: the first server of the first holder that has any (the operation, its path, the document), with the defaults
// of its variables. Without a trailing slash. The error says why there is none that can be called.
std::expected<std::string, std::string> server_of(std::string_view document_uri,
                                                  std::initializer_list<const Json*> holders);

// Of 2.0, where the operation's schemes come before the document's.
std::expected<std::string, std::string> swagger_server_of(std::string_view document_uri, const Json& root,
                                                          const Json& operation);

}  // namespace skald::definition
