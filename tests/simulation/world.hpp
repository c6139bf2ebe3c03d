// The simulated world: virtual time, one queue of events and one seeded generator. Whatever happens, happens as an
// event of this queue, so a seed repeats a run to the last detail.
//
// An event may belong to the life of a process: it is dropped when that life has ended, and waits while it stalls.
// One thread. Life cycle: outlives everything that schedules on it.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"
#include "tests/engine/saga/random_workflow.hpp"

namespace skald::simulation {

using Nanos = std::chrono::nanoseconds;
using namespace std::chrono_literals;

// One process between its start and its death.
struct Life {
  int node = 0;
  std::uint64_t number = 1;  // of the node's lives, from 1
  bool over = false;
  bool draining = false;
  Nanos stalled_until{0};
  Nanos database_cut_until{0};    // nothing passes between it and the database
  Nanos services_cut_until{0};    // and between it and the services
  std::function<void()> touched;  // after each event of this life
};
using LifePtr = std::shared_ptr<Life>;

class World {
 public:
  using Work = std::move_only_function<void()>;

  World(std::uint64_t seed, bool prints);

  Nanos now() const { return now_; }
  Timestamp utc() const;

  void after(Nanos delay, Work work) { schedule(nullptr, delay, std::move(work)); }
  void after(const LifePtr& life, Nanos delay, Work work) { schedule(life, delay, std::move(work)); }

  // Takes time to the next event and runs it.
  void step();

  saga::Random& random() { return random_; }
  bool chance(int percent) { return saga::chance(random_, percent); }
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  Nanos between(Nanos least, Nanos most);
  // What a healthy network or disk takes: mostly a few milliseconds at most, or a multiple of that in a slow world.
  Nanos latency();

  // A line of the printed schedule. `who` is "n1" for a node, or a word.
  template <class... Args>
  void note(std::string_view who, fmt::format_string<Args...> text, Args&&... args) {
    if (prints_) print(who, fmt::format(text, std::forward<Args>(args)...));
  }
  bool prints() const { return prints_; }
  std::uint64_t steps() const { return steps_; }
  // Two runs of one seed have the same.
  std::uint64_t fingerprint() const { return fingerprint_; }

 private:
  struct Event {
    Nanos at;
    std::uint64_t order;
    LifePtr life;
    Work work;
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  };

  void schedule(LifePtr life, Nanos delay, Work work);
  void push(Event event);
  void print(std::string_view who, const std::string& text) const;

  saga::Random random_;
  bool prints_;
  int slowness_;
  Nanos now_{0};
  std::uint64_t order_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t fingerprint_ = 0;
  std::vector<Event> events_;  // a heap, the next one first
};

}  // namespace skald::simulation
