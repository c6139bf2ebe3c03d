// What a secret may be called, and the two ways in which a document may read it: `$secrets.name` alone, and in the text
// of a header, "Key \($secrets.name)".
//
// A value made of a secret and something else would be a secret that nobody knows to be one; a header is made where it
// is sent, and kept nowhere. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/definition/authentication.hpp"

namespace skald::definition {

// Letters, digits, '.', '_' and '-', at most 128, not beginning with '.': also the name of a file.
bool is_secret_name(std::string_view text);

// The source of an expression that is $secrets.name, $secrets["a-name"] or one of them with a field behind it.
std::optional<SecretReference> parse_secret_reference(std::string_view source);

// The source of an expression that is a secret, or a string literal with secrets in it and no other escape.
std::optional<std::vector<std::variant<std::string, SecretReference>>> parse_secret_text(std::string_view source);

}  // namespace skald::definition
