// Requests and answers of the HTTP server, as handlers see them.
//
// Plain values; an answer may be built on any thread.
#pragma once

#include <ostream>  // Boost's string_view needs it complete

#include <boost/beast/http/verb.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skald::api {

using Verb = boost::beast::http::verb;

struct QueryParameter {
  std::string name;
  std::string value;
};

// A complete, checked request. Percent-encoding is resolved in `segments` and `query`, nowhere else.
struct Request {
  Verb verb = Verb::unknown;
  std::string target;                 // as received
  std::vector<std::string> segments;  // of the path: "/v1/executions" is {"v1", "executions"}
  std::vector<QueryParameter> query;
  std::vector<std::pair<std::string, std::string>> headers;  // names as received
  std::string body;
  bool keep_alive = true;
  bool is_http_1_0 = false;

  // The first header of that name, in any case; nullopt where there is none.
  std::optional<std::string_view> header(std::string_view name) const;
  std::string_view path() const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;  // without Content-Type, Content-Length and Connection
  std::string body;
};

}  // namespace skald::api
