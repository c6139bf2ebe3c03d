// Text of a definition on its way into a picture.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace skald::graph {

// Columns that a text takes in a fixed-width font: one a character, two for the wide ones of East Asia.
std::size_t columns_of(std::string_view text);

// One line of at most `columns`, its end replaced by "…" where it is longer; line breaks become spaces.
std::string one_line(std::string_view text, std::size_t columns);

// For XML and HTML, element content and attributes alike. What XML cannot hold becomes U+FFFD.
std::string escape_xml(std::string_view text);

}  // namespace skald::graph
