// A thread that does the same work again and again: files are looked at, tables read.
//
// The work may block; it must not throw.
// Life cycle: runs from construction to destruction, which waits for the work under way. Thread rule: wake() from any
// thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "engine/base/time.hpp"

namespace skald::async {

class PeriodicThread {
 public:
  // First after `interval`.
  PeriodicThread(Millis interval, std::function<void()> work);
  PeriodicThread(const PeriodicThread&) = delete;
  PeriodicThread& operator=(const PeriodicThread&) = delete;

  // Now, or once more where the work is under way.
  void wake();

 private:
  void run(const std::stop_token& stop);

  Millis interval_;
  std::function<void()> work_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool is_woken_ = false;
  std::jthread thread_;
};

}  // namespace skald::async
