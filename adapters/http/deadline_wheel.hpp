// Deadlines of many connections behind one timer of the loop: arming and disarming are a list operation.
//
// Precision is a tick (10 ms), never early. Life cycle: entries disarm themselves when destroyed, the wheel outlives
// them or is stopped. Thread rule: one loop.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>

#include "engine/ports/clock.hpp"

namespace skald::adapters {

using Steady = std::chrono::nanoseconds;

class DeadlineWheel {
 public:
  // A link of a circular list; alone it points at itself.
  struct Link {
    Link* previous = this;
    Link* next = this;

    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    void unlink();
    void insert_before(Link& place);
    bool is_linked() const { return next != this; }
  };

  class Entry : private Link {
   public:
    virtual ~Entry();
    // Called on the loop once the time has passed; the entry is disarmed by then.
    virtual void expired() = 0;

   private:
    friend class DeadlineWheel;
    DeadlineWheel* wheel_ = nullptr;
    Steady due_{0};
  };

  DeadlineWheel(boost::asio::io_context& loop, ports::Clock& clock);
  ~DeadlineWheel();

  // Replaces an earlier deadline of the entry. `due` is a time of the clock's steady().
  void arm(Entry& entry, Steady due);
  void disarm(Entry& entry);

 private:
  static constexpr std::size_t kSlots = 512;
  static constexpr Steady kTick = std::chrono::milliseconds(10);

  void start();
  void tick();
  static std::int64_t tick_of(Steady time) { return time / kTick; }

  ports::Clock& clock_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
      timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // a handler may outlive the wheel
  std::array<Link, kSlots> slots_;
  std::size_t armed_ = 0;
  std::int64_t swept_ = 0;  // ticks before this one have been looked at
  bool running_ = false;
};

}  // namespace skald::adapters
