#include "adapters/http/request_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "adapters/http/trace_context.hpp"
#include "adapters/http/url.hpp"
#include "engine/base/ignore_case.hpp"
#include "engine/definition/engine_headers.hpp"

namespace skald::adapters {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"POST", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += value;
  out += "\r\n";
}

// A string of Structured Field Values (RFC 8941, 3.3.3): printable ASCII, `"` and `\` escaped.
bool append_structured_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c < 0x20 || c > 0x7E) return false;
    if (c != '"' && c != '\\') continue;
    out.append(text, written, i - written);
    out += '\\';
    written = i;
  }
  out.append(text, written);
  out += '"';
  return true;
}

Result<void> check_header(const ports::ParticipantCall& call, const std::string& name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value)) {
    return failure("request.header", "a header has a name or value that HTTP does not allow", {}, {},
                   name.substr(0, 100));
  }
  if (call.authentication && equals_ignoring_case(name, "authorization")) {
    return failure("request.header",
                   "a header 'Authorization' stands beside an authentication of the endpoint; one of them has to go");
  }
  if (definition::is_engine_header(name)) {
    return failure("request.header", "a header is set by the engine and not by workflows", {}, {}, name.substr(0, 100));
  }
  return {};
}

Result<void> check(const ports::ParticipantCall& call, const RequestPlace& place) {
  const saga::Request& request = *call.request;
  if (std::ranges::find(kMethods, request.method) == kMethods.end()) {
    return failure("request.method", "the method is none of POST GET PUT PATCH DELETE HEAD OPTIONS", {}, {},
                   request.method.substr(0, 100));
  }
  if (!is_target(place.target)) {
    return failure("request.target",
                   "the path or query is not one that may be sent: it must start with '/', be percent-encoded, have no "
                   "'.' or '..' segment and at most 8 KiB",
                   {}, {}, std::string(place.target.substr(0, 200)));
  }
  for (const auto& [name, value] : request.headers) {
    if (auto checked = check_header(call, name, value); !checked) return checked;
  }
  for (const auto& [name, value] : place.secret_headers) {
    if (auto checked = check_header(call, name, value.reveal()); !checked) return checked;
  }
  if (!is_field_value(call.workflow) || !is_field_value(call.step)) {
    return failure("request.header", "the workflow or step has a name that HTTP headers do not allow");
  }
  if (place.authorization && !is_field_value(place.authorization->reveal())) {
    return failure("request.authorization", "the credentials hold characters that HTTP headers do not allow");
  }
  return {};
}

// Whether the workflow sets it.
bool sets_header(const saga::Request& request, const RequestPlace& place, std::string_view lower) {
  const auto is_it = [&](const auto& header) { return equals_ignoring_case(header.first, lower); };
  return std::ranges::any_of(request.headers, is_it) || std::ranges::any_of(place.secret_headers, is_it);
}

}  // namespace

Result<void> write_request(std::string& out, const ports::ParticipantCall& call, const RequestPlace& place) {
  if (auto checked = check(call, place); !checked) return checked;
  const saga::Request& request = *call.request;
  out.clear();
  out.reserve(800 + request.body.size());
  out += request.method;
  out += ' ';
  out += place.base_path;
  out += place.target;
  append_header(out, " HTTP/1.1\r\nHost: ", place.authority);
  if (!sets_header(request, place, "user-agent")) out += "User-Agent: skald/" SKALD_VERSION "\r\n";
  if (!sets_header(request, place, "accept")) out += "Accept: application/json, */*;q=0.5\r\n";
  if (place.authorization && !sets_header(request, place, "authorization")) {
    append_header(out, "Authorization: ", place.authorization->reveal());
  }
  for (const auto& [name, value] : request.headers) {
    out += name;
    append_header(out, ": ", value);
  }
  for (const auto& [name, value] : place.secret_headers) {
    out += name;
    append_header(out, ": ", value.reveal());
  }
  if (!call.key.empty()) {
    out += "Idempotency-Key: ";
    if (!append_structured_string(out, call.key)) {
      return failure("request.key", "the idempotency key has characters outside printable ASCII");
    }
    out += "\r\n";
  }
  append_header(out, "Skald-Execution: ", to_string(call.execution));
  append_header(out, "Skald-Workflow: ", call.workflow);
  append_header(out, "Skald-Step: ", call.step);
  out += "Skald-Attempt: ";
  append_number(out, call.attempt);
  out += call.action == saga::Action::kExecute ? "\r\nSkald-Action: execute\r\nSkald-Epoch: "
                                               : "\r\nSkald-Action: compensate\r\nSkald-Epoch: ";
  append_number(out, call.epoch);
  append_header(out, "\r\nSkald-Deadline: ", format_rfc3339(place.deadline));
  out += "traceparent: ";
  append_traceparent(out, call.execution, span_id_of(call.execution, call.step, call.action, call.attempt));
  const bool expects_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (!request.body.empty() || expects_body) {
    if (!request.body.empty() && !sets_header(request, place, "content-type"))
      out += "\r\nContent-Type: application/json";
    out += "\r\nContent-Length: ";
    append_number(out, request.body.size());
  }
  out += "\r\n\r\n";
  out += request.body;
  return {};
}

}  // namespace skald::adapters
