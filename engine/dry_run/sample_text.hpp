// Texts that fit what a schema says of texts.
#pragma once

#include <string>
#include <string_view>

namespace skald::dry_run {

// A text that matches a regular expression of the plain sort: literals, classes, groups, the first alternative, and as
// few repetitions as it takes. Of what it does not know it makes an "a": check the text.
std::string text_for_pattern(std::string_view pattern);

// Of JSON Schema's `format`.
std::string_view text_for_format(std::string_view format);

}  // namespace skald::dry_run
