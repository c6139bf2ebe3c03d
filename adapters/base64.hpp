// Base64 of RFC 4648: of section 4, with padding and without line breaks, and of section 5 (for URLs), without padding.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skald::adapters {

std::string base64(std::string_view bytes);
std::string base64url(std::string_view bytes);

// The inverse; nullopt: it is none.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace skald::adapters
