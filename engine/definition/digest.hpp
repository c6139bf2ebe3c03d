// SHA-256, by which definitions are stored.
#pragma once

#include <string>
#include <string_view>

namespace skald::definition {

// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace skald::definition
