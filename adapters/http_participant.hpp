// Participants reached over HTTP/1.1 and HTTPS: the one implementation of the participant port.
//
// Each call is one attempt: nothing is redirected, and nothing sent twice, but that a 401 to a step's digest or token
// is answered once by a second request of the same attempt. A call waits for its turn
// (concurrency, rate, circuit breaker of its adapter or, for `call: http`, of its host) without using an attempt; then
// its deadline runs over connect, write and read. Thread rule: one participant a loop, used on it alone; made before
// the loop runs or on it. Life cycle: the registry, ports and trust outlive it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/adapters_registry.hpp"
#include "adapters/http/tls.hpp"
#include "engine/base/time.hpp"
#include "engine/ports/clock.hpp"
#include "engine/ports/entropy.hpp"
#include "engine/ports/log.hpp"
#include "engine/ports/participant.hpp"
#include "engine/ports/telemetry.hpp"

namespace boost::asio {
class io_context;
}

namespace skald::adapters {

struct HttpOptions {
  // For `call: http` of definitions that are not trusted: "api.example.com" (any port) or "api.example.com:8443".
  std::vector<std::string> allowed_hosts;
  // The secrets that they may use.
  std::vector<std::string> allowed_secrets;
  // "host:port" to the "host:port" that is connected to instead; Host header and certificate stay with the first.
  std::map<std::string, std::string, std::less<>> connect_to;
  // Limits of an adapter are divided by the number of loops, at least one call each.
  std::size_t loops = 1;
  // An unused connection is kept for so long, or a second less than the peer's Keep-Alive header says.
  Millis idle_timeout = std::chrono::seconds(60);
};

struct HttpPorts {
  AdaptersRegistry& registry;
  TlsTrustPtr trust;  // never null
  ports::Clock& clock;
  ports::Telemetry& telemetry;
  ports::Log& log;
  ports::Entropy& entropy;
};

std::unique_ptr<ports::Participant> make_http_participant(boost::asio::io_context& loop, const HttpPorts& ports,
                                                          HttpOptions options);

}  // namespace skald::adapters
