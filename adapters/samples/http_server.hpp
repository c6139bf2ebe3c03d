// A small HTTP/1.1 server on one thread, and the timers of that thread: enough for sample participants, which answer
// from memory and a local file. A handler may answer later, so that one slow order holds no other up.
//
// Life cycle: construct (listens), run() on one thread until stop(), destroy. Thread rule: handlers, timers and `done`
// run on the thread of run(); stop() may come from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace skald::samples {

struct HttpRequest {
  std::string method;
  std::string target;                          // as received
  std::string path;                            // decoded, without the query
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  bool drop = false;                    // close the connection instead of answering
  bool garbage = false;                 // answer something that is not HTTP
  std::function<void(bool sent)> done;  // called once it was handed to the system, or never will be
};

// Splits a request target into path and query. nullopt where a percent triplet is malformed.
struct Target {
  std::string path;
  std::map<std::string, std::string> query;
};
std::optional<Target> parse_target(std::string_view target);

class HttpServer {
 public:
  using Respond = std::function<void(HttpReply)>;
  // Calls `respond` exactly once, now or later.
  using Handler = std::function<void(HttpRequest, Respond respond)>;

  // `host` is an IP address; port 0 picks a free one. Throws std::exception where it cannot listen.
  HttpServer(const std::string& host, std::uint16_t port);
  ~HttpServer();

  std::uint16_t port() const;
  void after(std::chrono::milliseconds delay, std::function<void()> action);
  void run(Handler handler);
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald::samples
