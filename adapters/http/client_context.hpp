// What everything uses that opens connections for a participant, and where a connection really leads.
#pragma once

#include <boost/asio/io_context.hpp>

#include "adapters/http/deadline_wheel.hpp"
#include "adapters/http/resolver.hpp"
#include "adapters/http/url.hpp"
#include "adapters/http_participant.hpp"

namespace skald::adapters {

struct ClientContext {
  boost::asio::io_context& loop;
  TlsTrustPtr trust;  // never null
  ports::Clock& clock;
  ports::Entropy& entropy;
  const HttpOptions& options;
  DeadlineWheel& wheel;
  Resolver& resolver;
};

// `origin` itself, or what http.connectTo has in its place.
Origin dial_for(const Origin& origin, const HttpOptions& options);

// Whether definitions that are not trusted may reach it.
bool is_allowed(const Origin& origin, const HttpOptions& options);

}  // namespace skald::adapters
