#include "adapters/http/client_context.hpp"

#include <algorithm>

namespace skald::adapters {

Origin dial_for(const Origin& origin, const HttpOptions& options) {
  if (options.connect_to.empty()) return origin;
  const auto found = options.connect_to.find(host_and_port(origin));
  if (found == options.connect_to.end()) return origin;
  const auto url = parse_url("http://" + found->second);
  return url ? url->origin : origin;
}

bool is_allowed(const Origin& origin, const HttpOptions& options) {
  return std::ranges::any_of(options.allowed_hosts, [&](const std::string& allowed) {
    return allowed == origin.host || allowed == authority_of(origin) || allowed == host_and_port(origin);
  });
}

}  // namespace skald::adapters
