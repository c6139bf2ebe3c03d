// Listens to a channel of PostgreSQL over a connection of its own: SOCI has no way to wait for a notification.
//
// Life cycle: the thread runs from construction to destruction. What is notified while the connection is down is lost;
// `heard` is called once when it is back, as if something had been.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace skald::storage {

class PostgresNotices {
 public:
  // `heard` runs on the thread of this object. `channel` is an identifier.
  PostgresNotices(std::string connection, std::string channel, std::function<void()> heard);
  ~PostgresNotices();
  PostgresNotices(const PostgresNotices&) = delete;
  PostgresNotices& operator=(const PostgresNotices&) = delete;

 private:
  void run();
  // Until the connection or this object ends.
  void listen();
  // Whether something is to be read; false where this object ends.
  bool wait(int socket, int timeout_ms) const;

  std::string connection_;
  std::string channel_;
  std::function<void()> heard_;
  int ending_;  // an eventfd
  std::thread thread_;
};

}  // namespace skald::storage
