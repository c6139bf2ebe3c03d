// URLs as people may see them.
#pragma once

#include <string>
#include <string_view>

namespace skald {

// The URL with "***" in the place of a password, be it before the host or a parameter of that name:
// "postgresql://user:secret@host/db" -> "postgresql://user:***@host/db".
std::string without_password(std::string_view url);

}  // namespace skald
