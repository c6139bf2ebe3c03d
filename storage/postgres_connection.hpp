// What libpq is told to connect with.
#pragma once

#include <string>

namespace skald::storage {

// libpq's keyword/value form of a "postgresql://..." with our defaults. Throws std::runtime_error for one that libpq
// refuses.
std::string postgres_connection(const std::string& url);

}  // namespace skald::storage
