#include "storage/silence_watch.hpp"

#include <sys/socket.h>

namespace skald::storage {
namespace {

// The time is counted in rounds, which makes it late by one of them at most.
constexpr int kRounds = 8;

}  // namespace

SilenceWatch::SilenceWatch(std::chrono::milliseconds at_most) : round_(at_most / kRounds), thread_([this] { run(); }) {}

SilenceWatch::~SilenceWatch() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ending_or_round_.notify_one();
  thread_.join();
}

SilenceWatch::Guard SilenceWatch::watch(int socket) {
  if (socket < 0) return {};
  const std::lock_guard lock(mutex_);
  watched_[++last_number_] = {.socket = socket, .rounds_left = kRounds};
  return {*this, last_number_};
}

void SilenceWatch::forget(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  watched_.erase(number);
}

void SilenceWatch::run() {
  std::unique_lock lock(mutex_);
  while (!ending_or_round_.wait_for(lock, round_, [this] { return ending_; })) {
    for (auto& [number, watched] : watched_) {
      if (watched.rounds_left-- == 0) ::shutdown(watched.socket, SHUT_RDWR);
    }
  }
}

}  // namespace skald::storage
