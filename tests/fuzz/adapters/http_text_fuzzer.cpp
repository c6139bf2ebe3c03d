// Any text as a URL, a Retry-After header, a reference to a secret and every part of a request: what is let through
// holds no byte that would end a line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "adapters/http/request_text.hpp"
#include "adapters/http/retry_after.hpp"
#include "adapters/http/url.hpp"

namespace {

// Line breaks of a request are those of its own headers.
bool is_sound(const std::string& request, std::size_t headers) {
  const auto head = request.substr(0, request.find("\r\n\r\n") + 4);
  return static_cast<std::size_t>(std::ranges::count(head, '\n')) == headers &&
         static_cast<std::size_t>(std::ranges::count(head, '\r')) == headers && head.size() == request.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skald;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto url = adapters::parse_url(text)) {
    if (!adapters::is_target(url->target) || url->origin.host.empty() || url->origin.port == 0) std::abort();
    const auto again = adapters::parse_url((url->origin.tls ? "https://" : "http://") +
                                           adapters::authority_of(url->origin) + url->target);
    if (!again || again->origin != url->origin || again->target != url->target) std::abort();
  }
  if (const auto delay = adapters::parse_retry_after(text, Timestamp(Millis(1'700'000'000'000)))) {
    if (*delay < Millis(0) || *delay > std::chrono::hours(24 * 365)) std::abort();
  }
  static_cast<void>(adapters::SecretText::parse(text));

  ports::ParticipantCall call;
  for (int part = 0; part < 7; ++part) {
    saga::Request request{
        .adapter = {}, .operation = {}, .method = "GET", .target = "/a", .headers = {{"X-A", "1"}}, .body = {}};
    call.workflow = call.step = call.key = "k";
    if (part == 0) request.method = text;
    if (part == 1) request.target = text;
    if (part == 2) request.headers[0].first = text;
    if (part == 3) request.headers[0].second = text;
    if (part == 4) call.key = text;
    if (part == 5) call.step = text;
    const adapters::Secret authorization(part == 6 ? text : "Bearer x");
    call.request = std::make_shared<const saga::Request>(request);
    std::string out;
    const auto written = adapters::write_request(
        out, call,
        {.authority = "h", .base_path = {}, .target = request.target, .authorization = &authorization, .deadline = {}});
    // Sixteen lines; a workflow's own Accept or Authorization replaces ours, POST and its kin add a length.
    if (written && !is_sound(out, 16) && !is_sound(out, 15) && !is_sound(out, 17)) std::abort();
  }
  return 0;
}
