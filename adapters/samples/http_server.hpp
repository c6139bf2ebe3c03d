// A small blocking HTTP/1.1 server, a thread a connection: enough for sample participants.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace skald::samples {

struct HttpRequest {
  std::string method;
  std::string path;                            // without the query
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  bool drop = false;     // close the connection instead of answering
  bool garbage = false;  // answer something that is not HTTP
};

class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  // Listens at once. Throws std::exception. Port 0 picks a free one.
  HttpServer(const std::string& host, std::uint16_t port, Handler handler);
  ~HttpServer();

  std::uint16_t port() const;
  // Serves until stop(), which may come from a signal handler's thread.
  void run();
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald::samples
