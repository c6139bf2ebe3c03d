// The heap of timers, and the loops they run on.
#include "engine/runtime/timer_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "engine/base/ids.hpp"
#include "engine/runtime/loops.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/seeded_entropy.hpp"

namespace skald::test {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

struct Timers : testing::Test {
  ManualClock clock;
  runtime::Loop loop;
  runtime::TimerQueue queue{loop, clock};
  std::vector<int> fired;
};

struct Node final : runtime::TimerNode {
  Node(std::vector<int>& log, int name) : log(log), name(name) {}
  void fired() override {
    log.push_back(name);
    if (then) then();
  }
  std::vector<int>& log;
  int name;
  std::function<void()> then;
};

TEST_F(Timers, FireInTheirOrderAndNeverEarly) {
  Node a(fired, 1), b(fired, 2), c(fired, 3);
  const auto now = clock.steady();
  queue.set(a, now + 30ms);
  queue.set(b, now + 10ms);
  queue.set(c, now + 20ms);
  clock.advance(10ms - 1ns);
  queue.poll();
  EXPECT_THAT(fired, ElementsAre());
  clock.advance(1ns);
  queue.poll();
  EXPECT_THAT(fired, ElementsAre(2));
  clock.advance(1s);
  queue.poll();
  EXPECT_THAT(fired, ElementsAre(2, 3, 1));
  EXPECT_EQ(queue.take_lag(), 990ms);
  EXPECT_EQ(queue.size(), 0u);
}

// Remembers for how long it was set, and rings when told to.
struct BellByHand final : runtime::Alarm {
  BellByHand(std::vector<std::chrono::nanoseconds>& set_to, Ring& ring, Ring rings) : set_to(set_to) {
    ring = std::move(rings);
  }
  void set(std::chrono::nanoseconds after) override { set_to.push_back(after); }
  void cancel() override {}
  std::vector<std::chrono::nanoseconds>& set_to;
};

TEST_F(Timers, SetTheirAlarmToTheFirstOfThem) {
  std::vector<std::chrono::nanoseconds> set_to;
  runtime::Alarm::Ring ring;
  runtime::TimerQueue by_hand(loop, clock, [&](runtime::Loop&, runtime::Alarm::Ring rings) {
    return std::make_unique<BellByHand>(set_to, ring, std::move(rings));
  });
  Node a(fired, 1), b(fired, 2);
  by_hand.set(a, clock.steady() + 300ms);
  by_hand.set(b, clock.steady() + 1'200ms);
  by_hand.set(a, clock.steady() + 200ms);
  EXPECT_THAT(set_to, ElementsAre(300ms, 200ms));
  clock.advance(200ms);
  ring();
  EXPECT_THAT(fired, ElementsAre(1));
  EXPECT_THAT(set_to, ElementsAre(300ms, 200ms, 1s));
  by_hand.close();
}

TEST_F(Timers, MoveAndCancel) {
  Node a(fired, 1), b(fired, 2);
  queue.set(a, clock.steady() + 1s);
  queue.set(b, clock.steady() + 2s);
  queue.set(a, clock.steady() + 3s);
  queue.cancel(b);
  queue.cancel(b);
  clock.advance(2s);
  queue.poll();
  EXPECT_THAT(fired, ElementsAre());
  clock.advance(1s);
  queue.poll();
  EXPECT_THAT(fired, ElementsAre(1));
}

TEST_F(Timers, OneThatSetsItselfAgainDoesNotKeepTheLoop) {
  Node a(fired, 1);
  a.then = [&] { queue.set(a, clock.steady()); };
  queue.set(a, clock.steady());
  queue.poll();
  EXPECT_EQ(fired.size(), 1u);
  queue.cancel(a);
}

TEST_F(Timers, MayCancelOneAnother) {
  Node a(fired, 1), b(fired, 2);
  a.then = [&] { queue.cancel(b); };
  queue.set(a, clock.steady());
  queue.set(b, clock.steady());
  queue.poll();
  EXPECT_THAT(fired, ElementsAre(1));
}

TEST_F(Timers, AgreeWithASortedListOnRandomWork) {
  SeededEntropy random(7);
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < 300; ++i) nodes.push_back(std::make_unique<Node>(fired, i));
  std::vector<std::pair<std::chrono::nanoseconds, int>> expected;
  for (int round = 0; round < 2'000; ++round) {
    auto& node = *nodes[random.next() % nodes.size()];
    if (random.next() % 4 == 0) {
      queue.cancel(node);
    } else {
      queue.set(node, clock.steady() + std::chrono::nanoseconds(random.next() % 1'000'000'000));
    }
  }
  for (const auto& node : nodes) {
    if (node->pending()) expected.emplace_back(node->due(), node->name);
  }
  std::sort(expected.begin(), expected.end());
  clock.advance(2s);
  queue.poll();
  std::vector<int> names;
  for (const auto& [due, name] : expected) names.push_back(name);
  EXPECT_EQ(fired, names);
}

TEST(LoopsTest, RunWorkInItsOrderOnOneThreadALoop) {
  runtime::Loops loops(2);
  std::vector<int> order;
  std::promise<bool> last;
  for (int i = 0; i < 100; ++i) {
    loops.at(1).post([&order, i] { order.push_back(i); });
  }
  loops.at(1).post([&] { last.set_value(loops.at(1).is_current() && !loops.at(0).is_current()); });
  EXPECT_FALSE(loops.at(1).is_current());
  loops.start();
  EXPECT_TRUE(last.get_future().get());
  loops.stop();
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(LoopsTest, KeepAnExecutionOnOneLoopAndSpreadThem) {
  runtime::Loops loops(2);
  SeededEntropy random(1);
  int first = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto id = make_execution_id(from_millis(1), random.next(), random.next());
    EXPECT_EQ(&loops.of(id), &loops.of(id));
    first += &loops.of(id) == &loops.at(0);
  }
  EXPECT_GT(first, 400);
  EXPECT_LT(first, 600);
}

}  // namespace
}  // namespace skald::test
