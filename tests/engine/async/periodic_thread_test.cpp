#include "engine/async/periodic_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace skald::async {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

void wait_until(const std::atomic<int>& count, int at_least) {
  while (count < at_least) std::this_thread::sleep_for(milliseconds(1));
}

TEST(PeriodicThread, DoesItsWorkAgainAndAgain) {
  std::atomic<int> count = 0;
  const PeriodicThread thread(milliseconds(1), [&] { ++count; });
  wait_until(count, 3);
}

TEST(PeriodicThread, IsWokenBeforeItsTime) {
  std::atomic<int> count = 0;
  PeriodicThread thread(hours(1), [&] { ++count; });
  thread.wake();
  wait_until(count, 1);
  thread.wake();
  wait_until(count, 2);
}

TEST(PeriodicThread, AWakeDuringTheWorkIsNotLost) {
  std::atomic<int> count = 0;
  std::atomic<bool> go = false;
  PeriodicThread thread(hours(1), [&] {
    ++count;
    while (!go) std::this_thread::sleep_for(milliseconds(1));
  });
  thread.wake();
  wait_until(count, 1);
  thread.wake();
  go = true;
  wait_until(count, 2);
}

TEST(PeriodicThread, ItsEndWaitsForTheWork) {
  std::atomic<int> begun = 0, done = 0;
  {
    PeriodicThread thread(hours(1), [&] {
      ++begun;
      std::this_thread::sleep_for(milliseconds(20));
      ++done;
    });
    thread.wake();
    wait_until(begun, 1);
  }
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace skald::async
