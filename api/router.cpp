#include "api/router.hpp"

#include <exception>
#include <utility>

#include "engine/base/ignore_case.hpp"

namespace skald::api {
namespace {

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{');
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t i = pattern.size(); i > 0; --i) {
    if (!is_parameter(pattern[i - 1]) && pattern[i - 1] != path[i - 1]) return false;
  }
  return true;
}

// Of a body that would not be understood.
std::optional<std::string> foreign_encoding(const Request& request) {
  if (request.body.empty()) return std::nullopt;
  const auto encoding = request.header("Content-Encoding");
  if (!encoding || equals_ignoring_case(*encoding, "identity")) return std::nullopt;
  return std::string(*encoding);
}

}  // namespace

void Router::add(Verb verb, std::string pattern, Handler handler) {
  Route route{.verb = verb, .pattern = std::move(pattern), .segments = {}, .handler = std::move(handler)};
  std::string_view rest = route.pattern;
  while (rest.size() > 1) {
    rest.remove_prefix(1);
    const auto end = rest.find('/');
    route.segments.emplace_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
  }
  routes_.push_back(std::move(route));
}

void Router::dispatch(Request request, Responder respond) const {
  const Verb verb = request.verb == Verb::head ? Verb::get : request.verb;
  std::string allowed;
  for (const Route& route : routes_) {
    if (!matches(route.segments, request.segments)) continue;
    if (route.verb != verb) {
      const auto name = boost::beast::http::to_string(route.verb);
      if (!allowed.empty()) allowed += ", ";
      allowed.append(name.data(), name.size());
      if (route.verb == Verb::get) allowed += ", HEAD";
      continue;
    }
    respond.set_route(route.pattern);
    if (const auto encoding = foreign_encoding(request)) {
      auto response = problems_.answer({.code = "http.content_encoding",
                                        .message = "the body is encoded",
                                        .subject = *encoding,
                                        .remedy = "send it as it is, without Content-Encoding"},
                                       request.path());
      response.headers.emplace_back("Accept-Encoding", "identity");
      return respond(std::move(response));
    }
    Call call{.request = std::move(request), .parameters = {}, .respond = std::move(respond)};
    for (std::size_t i = 0; i < route.segments.size(); ++i) {
      if (is_parameter(route.segments[i])) call.parameters.push_back(call.request.segments[i]);
    }
    return route.handler(std::move(call));
  }
  respond.set_route("unmatched");
  const std::string path(request.path());
  if (allowed.empty()) {
    return respond(problems_.answer({.code = "http.not_found",
                                     .message = "nothing is served at this path",
                                     .remedy = "GET /openapi.json lists what is"},
                                    path));
  }
  auto response = problems_.answer(
      {.code = "http.method", .message = "this path does not take the method", .remedy = "it takes " + allowed}, path);
  response.headers.emplace_back("Allow", allowed);
  respond(std::move(response));
}

}  // namespace skald::api
