// Request targets: origin form only (RFC 9112, section 3.2.1), cut at '/', '?', '&' and '=' and percent-decoded after
// the cuts, so that an encoded slash is part of a name. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/http/message.hpp"

namespace skald::api {

// Fills segments and query from `target`. The answer is what is wrong with it, or empty.
std::string_view split_target(Request& request);

// nullopt for a broken escape, a NUL or bytes that are not UTF-8. '+' is a space where `plus_is_space`.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
bool is_utf8(std::string_view text);
// Everything but unreserved characters (RFC 3986, section 2.3) is escaped.
std::string percent_encode(std::string_view text);

}  // namespace skald::api
