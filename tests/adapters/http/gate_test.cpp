#include "adapters/http/gate.hpp"

#include <gtest/gtest.h>

namespace skald::adapters {
namespace {

using namespace std::chrono_literals;
using Verdict = Gate::Verdict;

TEST(Gate, LimitsConcurrency) {
  Gate gate({.concurrency = 2}, std::nullopt);
  EXPECT_TRUE(gate.enter(0s).go);
  EXPECT_TRUE(gate.enter(0s).go);
  const auto third = gate.enter(0s);
  EXPECT_FALSE(third.go);
  EXPECT_FALSE(third.look_again);  // when a call leaves
  gate.leave(1s, false, Verdict::kHealthy);
  EXPECT_TRUE(gate.enter(1s).go);
}

TEST(Gate, LimitsTheRate) {
  Gate gate({.concurrency = 10'000, .rate_per_second = 100}, std::nullopt);
  Steady now = 0s;
  int sent = 0;
  while (now < 10s) {
    const auto turn = gate.enter(now);
    if (turn.go) {
      ++sent;
      gate.leave(now, false, Verdict::kHealthy);
    } else {
      ASSERT_TRUE(turn.look_again);
      ASSERT_GT(*turn.look_again, now);
      now = *turn.look_again;
    }
  }
  EXPECT_GE(sent, 1000);
  EXPECT_LE(sent, 1002);
}

TEST(Gate, APauseEarnsNoBurst) {
  Gate gate({.concurrency = 10'000, .rate_per_second = 100}, std::nullopt);
  EXPECT_TRUE(gate.enter(0s).go);
  int at_once = 0;
  while (gate.enter(1h).go) ++at_once;
  EXPECT_EQ(at_once, 2);  // 20 ms' worth
}

constexpr CircuitBreakerSettings kBreaker{.failures = 3, .window = 10s, .open_for = 30s};

void fail(Gate& gate, Steady now) {
  const auto turn = gate.enter(now);
  ASSERT_TRUE(turn.go);
  gate.leave(now, turn.probe, Verdict::kFailing);
}

TEST(Gate, OpensAfterFailuresWithinTheWindow) {
  Gate gate({}, kBreaker);
  fail(gate, 0s);
  fail(gate, 1s);
  fail(gate, 12s);  // the first two have left the window
  EXPECT_FALSE(gate.is_open());
  fail(gate, 13s);
  fail(gate, 14s);
  EXPECT_TRUE(gate.is_open());
  const auto turn = gate.enter(15s);
  EXPECT_FALSE(turn.go);
  EXPECT_EQ(turn.look_again, 44s);
}

TEST(Gate, OneProbeDecidesWhetherTheCircuitCloses) {
  Gate gate({}, kBreaker);
  for (int i = 0; i < 3; ++i) fail(gate, 0s);
  auto probe = gate.enter(30s);
  EXPECT_TRUE(probe.go);
  EXPECT_TRUE(probe.probe);
  EXPECT_FALSE(gate.enter(30s).go);  // one at a time
  gate.leave(31s, true, Verdict::kFailing);
  EXPECT_TRUE(gate.is_open());
  EXPECT_EQ(gate.enter(32s).look_again, 61s);
  probe = gate.enter(61s);
  gate.leave(62s, probe.probe, Verdict::kHealthy);
  EXPECT_FALSE(gate.is_open());
  EXPECT_TRUE(gate.enter(62s).go);
  EXPECT_TRUE(gate.enter(62s).go);
}

TEST(Gate, AProbeThatTeachesNothingLetsTheNextOneProbe) {
  Gate gate({}, kBreaker);
  for (int i = 0; i < 3; ++i) fail(gate, 0s);
  gate.leave(30s, gate.enter(30s).probe, Verdict::kNone);
  EXPECT_TRUE(gate.enter(30s).probe);
}

TEST(Gate, CallsInFlightWhenItOpenedDoNotDecide) {
  Gate gate({}, kBreaker);
  const auto slow = gate.enter(0s);
  for (int i = 0; i < 3; ++i) fail(gate, 0s);
  gate.leave(1s, slow.probe, Verdict::kHealthy);
  EXPECT_TRUE(gate.is_open());
}

TEST(Gate, SettingsChangeWhileCallsAreInFlight) {
  Gate gate({.concurrency = 3}, kBreaker);
  EXPECT_TRUE(gate.enter(0s).go);
  EXPECT_TRUE(gate.enter(0s).go);
  gate.configure({.concurrency = 1}, kBreaker);
  gate.leave(1s, false, Verdict::kHealthy);
  EXPECT_FALSE(gate.enter(1s).go);
  gate.leave(1s, false, Verdict::kHealthy);
  EXPECT_TRUE(gate.enter(1s).go);
  gate.leave(1s, false, Verdict::kHealthy);
  for (int i = 0; i < 3; ++i) fail(gate, 2s);
  gate.configure({}, std::nullopt);
  EXPECT_FALSE(gate.is_open());
}

}  // namespace
}  // namespace skald::adapters
