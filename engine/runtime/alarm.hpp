// Wakes a loop after a while: what a timer queue sets to its first timer.
//
// Thread rule: everything on the loop. Life cycle: nothing rings after the destructor.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace skald::runtime {

class Loop;

class Alarm {
 public:
  using Ring = std::move_only_function<void()>;

  virtual ~Alarm() = default;

  // Rings once, on the loop, when `after` has passed, instead of what was set before.
  virtual void set(std::chrono::nanoseconds after) = 0;
  virtual void cancel() = 0;
};

using MakeAlarm = std::function<std::unique_ptr<Alarm>(Loop&, Alarm::Ring)>;

// One of the loop's own io_context.
std::unique_ptr<Alarm> make_asio_alarm(Loop& loop, Alarm::Ring ring);

}  // namespace skald::runtime
