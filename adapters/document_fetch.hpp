// Fetches an external document of a definition: one GET, on a connection of its own.
//
// Redirects are not followed: where a document comes from is what the definition says and the allow-list was asked for.
// Blocking, with a loop of its own: never on a loop. Thread rule: any thread.
#pragma once

#include <string>

#include "adapters/http/tls.hpp"
#include "adapters/http_participant.hpp"
#include "engine/base/error.hpp"
#include "engine/base/time.hpp"
#include "engine/ports/clock.hpp"

namespace skald::adapters {

struct FetchOptions {
  TlsTrustPtr trust;  // never null
  ports::Clock& clock;
  HttpOptions http = {};  // connect_to
  Millis timeout = std::chrono::seconds(10);
};

// The body of a 200. Errors: "document.unreachable": the host gave no answer; "document.unreadable": another one.
Result<std::string> fetch_document(const std::string& uri, const FetchOptions& options);

}  // namespace skald::adapters
