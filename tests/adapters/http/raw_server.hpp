// A server on loopback that answers with whatever bytes a test wants, each connection on a thread of its own.
//
// The handler is called with each complete request, on the connection's thread. Life cycle: listens from construction;
// the destructor closes every connection and joins.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace skald::test {

struct RawRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  int connection = 0;  // from 1
  int number = 0;      // on its connection, from 1
};

struct RawReply {
  enum class Then { kKeep, kClose, kReset, kHang };

  std::string bytes;
  Then then = Then::kKeep;
};

// "HTTP/1.1 <status> X" with a length.
std::string http_answer(int status, const std::string& body, const std::string& headers = {});

class RawServer {
 public:
  using Handler = std::function<RawReply(const RawRequest&)>;

  explicit RawServer(Handler handler);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path = {}) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

  int connections() const { return connections_; }
  std::vector<RawRequest> requests() const;
  // From here on no further connection is taken.
  void refuse_connections();
  // Ends every connection of this moment in good order.
  void close_connections();

 private:
  struct Peer {
    int socket = -1;
    std::jthread thread;
  };

  void accept_all();
  void serve(int socket, int connection);

  Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  mutable std::mutex guard_;
  std::vector<RawRequest> requests_;
  std::list<Peer> peers_;
  std::thread acceptor_;
};

}  // namespace skald::test
