// Which handler answers which method and path. A table of patterns, matched segment by segment: no regular
// expressions, and the pattern itself is the route's name in metrics and in the OpenAPI document.
//
// Life cycle: filled before the server listens, then constant. Thread rule: dispatch() from any loop.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.hpp"
#include "api/http/server.hpp"
#include "api/problem.hpp"

namespace skald::api {

// A request on its way through a handler.
struct Call {
  Request request;
  std::vector<std::string> parameters;  // what stood for the pattern's `{...}`, in order
  Responder respond;
};

class Router {
 public:
  using Handler = std::function<void(Call call)>;

  struct Route {
    Verb verb = Verb::get;
    std::string pattern;  // "/v1/executions/{id}/cancel"
    std::vector<std::string> segments;
    Handler handler;
  };

  explicit Router(Problems& problems) : problems_(problems) {}

  void add(Verb verb, std::string pattern, Handler handler);
  // HEAD is answered as GET. Nothing matches: 404, or 405 with Allow. A handler that throws: 500.
  void dispatch(Request request, Responder respond) const;

  const std::deque<Route>& routes() const { return routes_; }

 private:
  Problems& problems_;
  std::deque<Route> routes_;  // addresses stay: metrics keep views of the patterns
};

}  // namespace skald::api
