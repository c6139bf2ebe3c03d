// Files that commands read.
#pragma once

#include <string>

#include "engine/base/error.hpp"

namespace skald::cli {

// "-" is standard input. Errors: "file.unreadable".
Result<std::string> read_text(const std::string& file);

}  // namespace skald::cli
