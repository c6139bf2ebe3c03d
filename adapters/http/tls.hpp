// Whom HTTPS trusts: the system's certificate authorities, and a file of more. One for the process, any thread.
#pragma once

#include <memory>
#include <string>

#include "engine/base/error.hpp"

namespace skald::adapters {

class TlsTrust;
using TlsTrustPtr = std::shared_ptr<TlsTrust>;

// Blocking. `ca_file` (PEM) may be empty. TLS 1.2 at least; certificates and host names are always verified.
// Errors: "tls.ca_file".
Result<TlsTrustPtr> load_tls_trust(const std::string& ca_file);

}  // namespace skald::adapters
