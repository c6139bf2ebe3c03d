// The timers of one loop: a heap over intrusive nodes, and a single alarm that looks at it.
//
// Times are steady (ports::Clock::steady). A node fires at or after its time, never before. While anything is pending
// the heap is looked at at least once a second, so a clock that misbehaves delays a timer by a second at most.
// Thread rule: everything on the loop. A pending node must not be destroyed before it is cancelled or the queue closed.
#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/ports/clock.hpp"
#include "engine/runtime/alarm.hpp"

namespace skald::runtime {

class TimerNode {
 public:
  TimerNode() = default;
  virtual ~TimerNode() = default;
  TimerNode(const TimerNode&) = delete;
  TimerNode& operator=(const TimerNode&) = delete;

  bool pending() const { return index_ != kNone; }
  std::chrono::nanoseconds due() const { return due_; }

 protected:
  // May set or cancel any timer, this one too.
  virtual void fired() = 0;

 private:
  friend class TimerQueue;
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  std::chrono::nanoseconds due_{};
  std::size_t index_ = kNone;
};

class TimerQueue {
 public:
  TimerQueue(Loop& loop, ports::Clock& clock, const MakeAlarm& make_alarm = make_asio_alarm);
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // Moves it where it is pending already.
  void set(TimerNode& node, std::chrono::nanoseconds due);
  void cancel(TimerNode& node);

  // Fires what is due. Called by the alarm; by tests after they have moved the clock.
  void poll();
  // Lets go of every node; nothing fires any more and set() does nothing.
  void close();

  std::size_t size() const { return heap_.size(); }
  // How late the latest timer was since the last call.
  Millis take_lag();

 private:
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);
  void place(std::size_t index, TimerNode* node);
  void arm();

  ports::Clock& clock_;
  std::unique_ptr<Alarm> alarm_;
  std::chrono::nanoseconds armed_at_{};  // by our clock
  bool armed_ = false;
  bool closed_ = false;
  std::vector<TimerNode*> heap_;
  std::chrono::nanoseconds lag_{};
};

}  // namespace skald::runtime
