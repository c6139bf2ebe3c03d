// The Retry-After header (RFC 9110, 10.2.3): seconds, or an HTTP date in any of its three forms. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "engine/base/time.hpp"

namespace skald::adapters {

// How long to wait from `now`: a date in the past is zero, more than a year is a year; nullopt for anything else.
std::optional<Millis> parse_retry_after(std::string_view text, Timestamp now);

// "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994". `now` decides the
// century of the second form (RFC 9110, 5.6.7).
std::optional<Timestamp> parse_http_date(std::string_view text, Timestamp now);

}  // namespace skald::adapters
