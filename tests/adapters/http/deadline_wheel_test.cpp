#include "adapters/http/deadline_wheel.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "adapters/system_clock.hpp"

namespace skald::adapters {
namespace {

using namespace std::chrono_literals;

// The steady time is the test's own; the wheel's timer ticks in real time and asks it.
class SetClock final : public ports::Clock {
 public:
  Timestamp now() override { return {}; }
  std::chrono::nanoseconds steady() override { return time; }
  std::chrono::nanoseconds time = 1h;
};

struct Entry final : DeadlineWheel::Entry {
  void expired() override {
    ++fired;
    if (then) then();
  }
  int fired = 0;
  std::function<void()> then;
};

class Wheel : public ::testing::Test {
 protected:
  void tick() { loop.run_one(), loop.restart(); }

  boost::asio::io_context loop{1};
  SetClock clock;
  DeadlineWheel wheel{loop, clock};
};

TEST_F(Wheel, NeverEarlyAndAtMostATickLate) {
  Entry entry;
  wheel.arm(entry, clock.time + 105ms);
  clock.time += 100ms;
  tick();
  EXPECT_EQ(entry.fired, 0);
  clock.time += 20ms;
  tick();
  EXPECT_EQ(entry.fired, 1);
  EXPECT_EQ(loop.poll(), 0u);  // nothing armed: no timer runs
}

TEST_F(Wheel, DeadlinesBeyondOneTurnWaitForTheirTurn) {
  Entry near, far;
  wheel.arm(near, clock.time + 1s);
  wheel.arm(far, clock.time + 1s + 512 * 10ms);  // the same slot
  clock.time += 1100ms;
  tick();
  EXPECT_EQ(near.fired, 1);
  EXPECT_EQ(far.fired, 0);
  clock.time += 5120ms;
  tick();
  EXPECT_EQ(far.fired, 1);
}

TEST_F(Wheel, ALongStallMissesNothing) {
  std::vector<std::unique_ptr<Entry>> entries;
  for (int i = 0; i < 2000; ++i) {
    entries.push_back(std::make_unique<Entry>());
    wheel.arm(*entries.back(), clock.time + i * 7ms);
  }
  clock.time += 1h;
  tick();
  for (const auto& entry : entries) EXPECT_EQ(entry->fired, 1);
}

TEST_F(Wheel, ADisarmedOrDestroyedEntryDoesNotFire) {
  Entry disarmed, again;
  {
    Entry destroyed;
    wheel.arm(destroyed, clock.time + 10ms);
  }
  wheel.arm(disarmed, clock.time + 10ms);
  wheel.disarm(disarmed);
  wheel.arm(again, clock.time + 10ms);
  wheel.arm(again, clock.time + 10s);
  clock.time += 1s;
  tick();
  EXPECT_EQ(disarmed.fired, 0);
  EXPECT_EQ(again.fired, 0);
}

TEST_F(Wheel, EntriesMayBeArmedAndDisarmedWhileOthersFire) {
  Entry first, second;
  first.then = [&] {
    wheel.disarm(second);
    if (first.fired == 1) wheel.arm(first, clock.time);
  };
  wheel.arm(first, clock.time + 10ms);
  wheel.arm(second, clock.time + 10ms);
  clock.time += 30ms;
  tick();
  EXPECT_EQ(first.fired, 1);
  EXPECT_EQ(second.fired, 0);
  clock.time += 30ms;
  tick();
  EXPECT_EQ(first.fired, 2);
}

}  // namespace
}  // namespace skald::adapters
