// One keep-alive connection with at most one request in flight.
//
// Not thread-safe: a connection belongs to the loop that made it. The socket does not block; a request fits the empty
// send buffer of an idle connection, so a short write is an error and not a state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/load/answer.hpp"
#include "engine/base/error.hpp"

namespace skald::bench {

struct Target {
  std::string address;  // IPv4, numeric
  std::uint16_t port = 0;
};

class Connection {
 public:
  Connection() = default;
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;

  // (Re)connects; blocks until the handshake is over.
  Result<void> open(const Target& target);

  // Sends a whole request; false where the connection did not take it.
  bool send(std::string_view request);

  // Reads what there is. The answer's views live until the next call of receive, on any connection of this thread.
  // kIncomplete: come again; kMalformed: the connection ended or spoke no HTTP, and has to be opened again.
  Answer receive();

  int descriptor() const { return fd_; }

 private:
  void close();

  int fd_ = -1;
  std::string partial_;  // the front of an answer that came in several reads
};

}  // namespace skald::bench
