// What a secret may be called, and the one way in which a document may read it: `$secrets.name`, alone.
//
// A value made of a secret and something else would be a secret that nobody knows to be one. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "engine/definition/authentication.hpp"

namespace skald::definition {

// Letters, digits, '.', '_' and '-', at most 128, not beginning with '.': also the name of a file.
bool is_secret_name(std::string_view text);

// The source of an expression that is $secrets.name, $secrets["a-name"] or one of them with a field behind it.
std::optional<SecretReference> parse_secret_reference(std::string_view source);

}  // namespace skald::definition
