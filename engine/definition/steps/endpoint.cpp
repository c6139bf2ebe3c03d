#include "engine/definition/steps/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_authentication.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/yaml_scalar.hpp"

namespace skald::definition {
namespace {

bool report(LoadContext& context, const Node& node, std::size_t offset, std::string_view message) {
  context.report.error_at("bad-endpoint", node, mark_in_scalar(context.source, node, offset),
                          fmt::format("{} {}", context.report.path_of(node), message));
  return false;
}

// A dot is part of the name: no way into a field.
bool is_placeholder_name(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 && name.front() != '.' &&
         name.back() != '.' && name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.'; });
}

// Text, name, text, name, ..., text; empty where a place is malformed.
std::vector<std::string> cut_at_places(LoadContext& context, const Node& node, std::string_view uri) {
  std::vector<std::string> parts = {""};
  for (std::size_t at = 0; at < uri.size(); ++at) {
    if (uri[at] == '}') {
      report(context, node, at, "has a '}' without its '{'");
      return {};
    }
    if (uri[at] != '{') {
      parts.back() += uri[at];
      continue;
    }
    const std::size_t end = uri.find('}', at);
    const std::string_view name = uri.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
    if (end == std::string_view::npos || !is_placeholder_name(name)) {
      report(context, node, at, "has a place that is not '{name}': a name has letters, digits, '_' and inner '.'");
      return {};
    }
    parts.emplace_back(name);
    parts.emplace_back();
    at = end;
  }
  return parts;
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  int port = 0;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return false;
    port = port * 10 + (c - '0');
  }
  return port >= 1 && port <= 65535;
}

// The host of "host[:port]", with IPv6 in brackets; false where it is malformed.
bool is_authority(std::string_view authority, std::string& host) {
  std::size_t end = authority.find(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return false;
    end = bracket + 1 == authority.size() ? std::string_view::npos : bracket + 1;
    if (end != std::string_view::npos && authority[end] != ':') return false;
  }
  host = authority.substr(0, end);
  if (end != std::string_view::npos && !is_port(authority.substr(end + 1))) return false;
  constexpr std::string_view kAllowed = ".-_[]:{}";
  return !host.empty() && std::all_of(host.begin(), host.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || kAllowed.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool is_allowed(const LoadOptions& options, const std::string& host, std::string_view authority) {
  return std::any_of(options.allowed_hosts.begin(), options.allowed_hosts.end(),
                     [&](const std::string& allowed) { return allowed == host || allowed == authority; });
}

// Its first piece of literal text goes beyond the host, or is all there is.
bool has_literal_host(const HttpCall& call) {
  if (call.endpoint_expression) return false;
  if (call.endpoint.size() <= 1) return true;
  const auto start = call.endpoint[0].find("://");
  return start == std::string::npos || call.endpoint[0].find_first_of("/?#", start + 3) != std::string::npos;
}

}  // namespace

void check_receiver(LoadContext& context, const Node& value, const HttpCall& call) {
  if (has_literal_host(call)) return;
  context.report.error("bad-authentication", value,
                       "needs a uri whose host is literal: data must not say who gets a credential");
}

std::optional<AddressProblem> find_problem(const LoadOptions& options, std::string_view uri) {
  const std::size_t start = uri.starts_with("http://") ? 7 : uri.starts_with("https://") ? 8 : 0;
  if (start == 0) return AddressProblem{0, "must start with http:// or https://"};
  const std::string_view authority = uri.substr(start, uri.find_first_of("/?#", start) - start);
  if (authority.find('@') != std::string_view::npos) {
    return AddressProblem{start, "must not carry credentials; they belong to an adapter"};
  }
  std::string host;
  if (!is_authority(authority, host)) {
    return AddressProblem{start, fmt::format("has no valid host and port (got '{}')", authority)};
  }
  for (std::size_t at = start; at < uri.size(); ++at) {
    const auto c = static_cast<unsigned char>(uri[at]);
    if (c <= 0x20 || c >= 0x7F || std::string_view("\"<>\\^`|").find(uri[at]) != std::string_view::npos) {
      return AddressProblem{at, "has a character that a URI must percent-encode"};
    }
    if (c == '#') return AddressProblem{at, "must not have a fragment"};
  }
  if (options.trusted) return std::nullopt;
  if (authority.find('{') == std::string_view::npos && is_allowed(options, host, authority)) return std::nullopt;
  return AddressProblem{
      start, fmt::format("calls '{}', which is not among http.allowedHosts of this server; use an adapter", authority)};
}

bool check_address(LoadContext& context, const Node& node, std::string_view uri) {
  const auto problem = find_problem(context.options, uri);
  if (!problem) return true;
  const std::string got = problem->offset == 0 ? fmt::format(" (got {})", show(node)) : "";
  return report(context, node, problem->offset, problem->message + got);
}

namespace {

void read_uri(LoadContext& context, const Node& uri, const Scope& scope, HttpCall& call) {
  if (!read_text(context, uri)) return;
  if (!expression::is_wrapped_expression(uri.text)) {
    check_address(context, uri, uri.text);
    call.endpoint = cut_at_places(context, uri, uri.text);
    return;
  }
  if (!context.options.trusted) {
    report(context, uri, 0,
           "must be literal in a definition that was uploaded: its host is checked against "
           "http.allowedHosts");
  }
  call.endpoint_expression = read_expression(context, uri, scope, Slot::kArguments);
}

}  // namespace

void read_endpoint(LoadContext& context, const Node& node, const Scope& scope, HttpCall& call) {
  if (node.is_map()) {
    MapReader map(context, node, MapKind::kHttp);
    if (const Node* uri = map.require("uri")) read_uri(context, *uri, scope, call);
    if (const Node* value = map.take("authentication")) {
      call.authentication = read_authentication(context, *value, scope);
      check_receiver(context, *value, call);
    }
    return map.finish();
  }
  read_uri(context, node, scope, call);
}

}  // namespace skald::definition
