// A small HTTP client for the server's API: one connection, kept between requests, with deadlines.
//
// Life cycle: one object a command. Thread rule: one thread; calls block.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

namespace skald::cli {

struct ClientRequest {
  std::string method = "GET";
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Millis timeout = std::chrono::seconds(30);
};

struct ClientAnswer {
  int status = 0;
  std::string content_type;
  std::string body;

  bool ok() const { return status >= 200 && status < 300; }
};

class Client {
 public:
  // `server`: "http://127.0.0.1:8080"; a bare "host:port" will do.
  explicit Client(std::string server);
  ~Client();

  // Errors: "client.server" (not an address), "client.unreachable", "client.timeout", "client.answer".
  Result<ClientAnswer> send(const ClientRequest& request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Waits without a connection; for polling.
void pause(Millis time);

std::string percent_encode(std::string_view text);

}  // namespace skald::cli
