// A client that sends exactly the bytes it is given and reads one answer at a time, by plain sockets.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace skald::test {

struct RawAnswer {
  int status = 0;                              // 0: the connection ended first
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(std::string_view bytes);
  void finish_sending();
  // 100 Continue counts as an answer. Gives up after ten seconds without a byte.
  RawAnswer receive(bool head_only = false);
  // Whether the server has closed: waits for it, ten seconds at most.
  bool is_closed();

  // A request with Host and Content-Length, and its answer.
  RawAnswer call(const std::string& method, const std::string& target, const std::string& body = {},
                 const std::string& headers = {});

 private:
  bool fill();

  int socket_;
  std::string buffer_;
};

}  // namespace skald::test
