// The external documents of a definition: what it is loaded with, and what its digest covers.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/error.hpp"
#include "engine/definition/authentication.hpp"

namespace skald::definition {

// Bytes by the URI as the definition writes it.
using Documents = std::map<std::string, std::string>;

// The same while they are read: bytes, or why there are none.
using ReadDocuments = std::map<std::string, Result<std::string>>;

// One that is to be read.
struct WantedDocument {
  std::string uri;
  AuthenticationPtr authentication;  // who asks for it; without expressions; null: nobody in particular
  bool trusted = true;               // as of LoadOptions
};

// Whether it names a document of a host, and not a file beside the definition's.
inline bool is_remote_document(std::string_view uri) {
  return uri.starts_with("http://") || uri.starts_with("https://");
}

}  // namespace skald::definition
