#include "engine/definition/engine_headers.hpp"

#include <algorithm>
#include <array>

#include "engine/base/ignore_case.hpp"

namespace skald::definition {
namespace {

constexpr std::string_view kOwn = "skald-";
constexpr std::array<std::string_view, 12> kReserved = {
    "host",    "content-length", "transfer-encoding", "connection",      "keep-alive",  "te", "trailer",
    "upgrade", "expect",         "proxy-connection",  "idempotency-key", "traceparent",
};

}  // namespace

bool is_engine_header(std::string_view name) {
  return equals_ignoring_case(name.substr(0, kOwn.size()), kOwn) ||
         std::ranges::any_of(kReserved, [&](std::string_view one) { return equals_ignoring_case(name, one); });
}

}  // namespace skald::definition
