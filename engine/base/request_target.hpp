// The part of a URL that a request line holds. Pure.
//
// Source: RFC 3986 section 3.3 and 3.4, RFC 9112 section 3.2.1.
#pragma once

#include <string_view>

namespace skald {

// Origin form: starts with '/', URI characters only, valid percent triplets, no "." or ".." segments, at most 8 KiB.
bool is_target(std::string_view text);

}  // namespace skald
