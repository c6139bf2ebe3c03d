// The external documents of a definition: what it is loaded with, and what its digest covers.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/error.hpp"

namespace skald::definition {

// Bytes by the URI as the definition writes it.
using Documents = std::map<std::string, std::string>;

// The same while they are read: bytes, or why there are none.
using ReadDocuments = std::map<std::string, Result<std::string>>;

// Whether it names a document of a host, and not a file beside the definition's.
inline bool is_remote_document(std::string_view uri) {
  return uri.starts_with("http://") || uri.starts_with("https://");
}

}  // namespace skald::definition
