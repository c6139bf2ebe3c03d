// Time as data. Nothing in the engine's pure part looks at a clock: instants come in as values.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace skald {

using Millis = std::chrono::milliseconds;

// UTC with millisecond precision, as stored and shown.
using Timestamp = std::chrono::sys_time<Millis>;

// "2026-11-21T08:00:00.123Z" (RFC 3339, always UTC, always milliseconds).
std::string format_rfc3339(Timestamp at);

// Accepts RFC 3339 with any fraction and offset; nullopt for anything else.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

inline std::int64_t to_millis(Timestamp at) {
  return at.time_since_epoch().count();
}
inline Timestamp from_millis(std::int64_t millis) {
  return Timestamp(Millis(millis));
}

}  // namespace skald
