// Base64 of RFC 4648, section 4, with padding and without line breaks. Pure.
#pragma once

#include <string>
#include <string_view>

namespace skald::adapters {

std::string base64(std::string_view bytes);

}  // namespace skald::adapters
