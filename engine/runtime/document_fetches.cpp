#include "engine/runtime/document_fetches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace skald::runtime {
namespace {

constexpr std::chrono::seconds kOneMax{10};
constexpr std::chrono::seconds kAllMax{15};

std::string host_of(const std::string& uri) {
  return uri.substr(0, uri.find_first_of("/?#", uri.find("://") + 3));
}

}  // namespace

ReadDocument fetch_for_a_load(const FetchDocument& fetch, ports::Clock& clock, UnreachableHosts& unreachable) {
  const auto deadline = clock.steady() + kAllMax;
  return [&fetch, &clock, &unreachable, deadline](const definition::WantedDocument& wanted) -> Result<std::string> {
    if (!definition::is_remote_document(wanted.uri)) {
      return failure("document.unreadable", "the definition has no folder");
    }
    if (!fetch) return failure("document.unreadable", "nothing is fetched here");
    const std::string host = host_of(wanted.uri);
    if (const auto known = unreachable.find(host); known != unreachable.end()) return std::unexpected(known->second);
    const auto left = std::chrono::floor<Millis>(deadline - clock.steady());
    if (left <= Millis(0)) {
      return failure("document.unreadable",
                     fmt::format("fetching the definition's documents took more than {} s", kAllMax.count()));
    }
    auto fetched = fetch(wanted, std::min<Millis>(left, kOneMax));
    // Whoever had less than the whole time is not to blame.
    if (!fetched && fetched.error().code == "document.unreachable" && left >= kOneMax) {
      unreachable.emplace(host, fetched.error());
    }
    return fetched;
  };
}

}  // namespace skald::runtime
