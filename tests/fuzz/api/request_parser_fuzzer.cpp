// Any bytes, cut anywhere, give requests or a refusal: never a crash, never more than the limits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "api/http/request_parser.hpp"
#include "api/request_reader.hpp"

namespace {

using skald::api::RequestParser;

constexpr skald::api::HttpLimits kLimits{.header_bytes_max = 1024, .body_bytes_max = 2048};

// What handlers read from every request.
void read_all(const skald::api::Request& request) {
  skald::api::QueryReader query(request);
  query.limit();
  query.time("startedAfter");
  query.cursor("executions");
  query.prefixed("label.");
  query.finish();
  static_cast<void>(skald::api::read_idempotency_key(request));
  static_cast<void>(skald::api::read_labels(request));
  static_cast<void>(skald::api::read_actor(request));
  skald::api::read_preference(request);
  skald::api::BodyReader body(request);
  body.text("reason", 100);
  body.payload("output");
  body.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = data[0] + 1u;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto parser = std::make_unique<RequestParser>(kLimits);
  std::size_t offered = 0;
  while (!rest.empty()) {
    offered = std::min(rest.size(), offered + step);
    std::size_t used = 0;
    const auto progress = parser->feed(rest.substr(0, offered), used);
    if (used > offered) std::abort();
    if (parser->request().body.size() > kLimits.body_bytes_max) std::abort();
    rest.remove_prefix(used);
    offered -= used;
    if (progress == RequestParser::Progress::kRefused) {
      if (parser->refusal().status < 400) std::abort();
      return 0;
    }
    if (progress == RequestParser::Progress::kComplete) {
      read_all(parser->request());
      parser = std::make_unique<RequestParser>(kLimits);
      offered = 0;
    } else if (offered == rest.size()) {
      return 0;
    }
  }
  return 0;
}
