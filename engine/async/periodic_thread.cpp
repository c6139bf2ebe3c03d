#include "engine/async/periodic_thread.hpp"

#include <utility>

namespace skald::async {

PeriodicThread::PeriodicThread(Millis interval, std::function<void()> work)
    : interval_(interval), work_(std::move(work)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void PeriodicThread::wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  changed_.notify_all();
}

void PeriodicThread::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    changed_.wait_for(lock, stop, interval_, [this] { return is_woken_; });
    if (stop.stop_requested()) return;
    is_woken_ = false;
    lock.unlock();
    work_();
    lock.lock();
  }
}

}  // namespace skald::async
