// ISO 8601 durations as the workflow language writes them: "PT5S", "P1DT2H", "PT0.25S".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.hpp"

namespace skald {

// Days, hours, minutes, seconds (with a fraction) and weeks; years and months have no fixed length and are refused.
// nullopt where the text is no such duration, is negative, or exceeds 10 000 days.
std::optional<Millis> parse_duration(std::string_view text);

// The shortest ISO 8601 form: "PT5S", "PT1M30S", "P1D", "PT0.25S"; zero is "PT0S".
std::string format_duration(Millis duration);

}  // namespace skald
