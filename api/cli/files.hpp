// Files that commands read and write.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/error.hpp"

namespace skald::cli {

// "-" is standard input. Errors: "file.unreadable".
Result<std::string> read_text(const std::string& file);

// Replaces what the file held. Errors: "file.unwritable".
Result<void> write_text(const std::string& file, std::string_view text);

}  // namespace skald::cli
