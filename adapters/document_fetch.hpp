// Fetches an external document of a definition: one GET, on a connection of its own, by whoever the definition says.
//
// Redirects are not followed: where a document comes from is what the definition says and the allow-list was asked for.
// Blocking, with a loop of its own: never on a loop. Thread rule: any thread.
#pragma once

#include <functional>
#include <string>

#include "adapters/http/tls.hpp"
#include "adapters/http_participant.hpp"
#include "engine/base/error.hpp"
#include "engine/base/time.hpp"
#include "engine/definition/documents.hpp"
#include "engine/ports/clock.hpp"
#include "engine/ports/entropy.hpp"

namespace skald::adapters {

struct FetchOptions {
  TlsTrustPtr trust;  // never null
  ports::Clock& clock;
  ports::Entropy& entropy;
  HttpOptions http = {};          // connect_to; for definitions that are not trusted the allow-lists
  std::string secrets_directory;  // may be empty
  Millis timeout = std::chrono::seconds(10);
};

// The body of a 200. Errors: "document.unreachable": the host gave no answer; "document.unreadable": another one, or
// who asks cannot show who it is.
Result<std::string> fetch_document(const definition::WantedDocument& wanted, const FetchOptions& options);

// The same, for whoever has a timeout of their own.
std::function<Result<std::string>(const definition::WantedDocument&, Millis timeout)> document_fetcher(
    FetchOptions options);

}  // namespace skald::adapters
