// Fetching within bounds: all documents of a load share a deadline, and who does not answer is asked once.
//
// Blocking: never on a loop.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"
#include "engine/ports/clock.hpp"
#include "engine/runtime/documents.hpp"

namespace skald::runtime {

// Fetches one. Errors: "document.unreachable" where its host gave no answer; "document.unreadable" where that is no
// document.
using FetchDocument = std::function<Result<std::string>(const definition::WantedDocument& wanted, Millis timeout)>;

// "https://api.example.com:8443" -> why it gave no answer.
using UnreachableHosts = std::map<std::string, Error>;

// For the documents of one load, which begins with this call. Hosts that give no answer are added to `unreachable`, and
// those in it are not asked. All three outlive what is returned.
ReadDocument fetch_for_a_load(const FetchDocument& fetch, ports::Clock& clock, UnreachableHosts& unreachable);

}  // namespace skald::runtime
