// Listens to PostgreSQL's notifications over a connection of its own: SOCI has no way to wait for one.
//
// Life cycle: the thread runs from construction to destruction. What is notified while the connection is down is lost;
// whoever listens is told once when it is back, as if something had been. Thread rule: tell() from any thread.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace skald::storage {

// Shards were given up, or a node has come or gone.
inline constexpr const char* kShardsChannel = "skald_shards";
// A command was posted.
inline constexpr const char* kInboxChannel = "skald_inbox";
// A definition was put.
inline constexpr const char* kDefinitionsChannel = "skald_definitions";

class PostgresNotices {
 public:
  explicit PostgresNotices(std::string connection);
  ~PostgresNotices();
  PostgresNotices(const PostgresNotices&) = delete;
  PostgresNotices& operator=(const PostgresNotices&) = delete;

  // `heard` runs on the thread of this object, never after it was replaced. Null: nobody.
  void tell(const std::string& channel, std::function<void()> heard);

 private:
  void run();
  // Until the connection or this object ends.
  void listen();
  // Whether something is to be read; false where this object ends.
  bool wait(int socket, int timeout_ms) const;
  void pass_on(std::string_view channel);

  std::string connection_;
  std::mutex mutex_;
  std::map<std::string, std::function<void()>, std::less<>> heard_;
  int ending_;  // an eventfd
  std::thread thread_;
};

}  // namespace skald::storage
