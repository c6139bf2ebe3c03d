// SHA-256, and the digest by which definitions are stored.
#pragma once

#include <string>
#include <string_view>

#include "engine/definition/documents.hpp"

namespace skald::definition {

// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

// Of a definition: SHA-256 of its source; with documents, of a list of the digests of all of them.
std::string digest_of(std::string_view source, const Documents& documents);

}  // namespace skald::definition
