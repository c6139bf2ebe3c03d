// Columns of text as wide as their widest cell.
#pragma once

#include <string>
#include <vector>

#include "engine/base/time.hpp"

namespace skald::dry_run {

std::string to_table(const std::vector<std::vector<std::string>>& rows, std::string_view indent);

// "0.3 s", "2 min 5 s", "3 h 20 min", "4 d 1 h".
std::string to_words(Millis duration);

// "1 call", "2 calls".
std::string count_of(std::size_t count, std::string_view what);

}  // namespace skald::dry_run
