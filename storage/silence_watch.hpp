// Ends waiting for a database that takes bytes and says nothing: a stopped server, a connection that is open on one
// side only. Neither TCP nor libpq (15) has a word for that: a call would wait for ever.
//
// Thread rule: any thread. Life cycle: outlives its guards.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace skald::storage {

class SilenceWatch {
 public:
  explicit SilenceWatch(std::chrono::milliseconds at_most);
  ~SilenceWatch();

  // While it lives, its socket is watched: after the time it is shut down, and whoever waits on it is told that the
  // connection is lost. The socket must not be closed before.
  class Guard {
   public:
    Guard() = default;
    Guard(Guard&& other) noexcept : watch_(std::exchange(other.watch_, nullptr)), number_(other.number_) {}
    Guard& operator=(Guard&& other) noexcept {
      std::swap(watch_, other.watch_);
      std::swap(number_, other.number_);
      return *this;
    }
    ~Guard() {
      if (watch_) watch_->forget(number_);
    }

   private:
    friend class SilenceWatch;
    Guard(SilenceWatch& watch, std::uint64_t number) : watch_(&watch), number_(number) {}

    SilenceWatch* watch_ = nullptr;
    std::uint64_t number_ = 0;
  };
  // A negative socket is none.
  [[nodiscard]] Guard watch(int socket);

 private:
  struct Watched {
    int socket = -1;
    int rounds_left = 0;
  };

  void run();
  void forget(std::uint64_t number);

  const std::chrono::milliseconds round_;
  std::mutex mutex_;
  std::condition_variable ending_or_round_;
  bool ending_ = false;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, Watched> watched_;
  std::thread thread_;
};

}  // namespace skald::storage
