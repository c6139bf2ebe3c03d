// How much a step that listens takes: more than it may have only where it can fail at once.
#include <gtest/gtest.h>

#include "engine/base/limits.hpp"
#include "engine/saga/subscriptions.hpp"

namespace skald::saga {
namespace {

State listening(std::size_t events) {
  State state;
  state.has_listens = true;
  StepState& step = state.root.children.emplace_back();
  step.name = step.path = "hear";
  step.listens.push_back({.shape = "paid", .key = "[]"});
  step.events.resize(events, {.pattern = 1, .event = {}});
  return state;
}

bool takes_more(const State& state) {
  const bool takes = takes_more(state, state.root.children.front());
  EXPECT_EQ(takes, !subscriptions_of(state).empty());
  return takes;
}

TEST(Listening, TakesOneTooManyAndFailsByIt) {
  EXPECT_TRUE(takes_more(listening(limits::kListenEventsMax)));
  EXPECT_FALSE(takes_more(listening(limits::kListenEventsMax + 1)));
}

TEST(Listening, TakesWhatItMayHaveWhileItIsHeld) {
  State state = listening(limits::kListenEventsMax - 1);
  state.suspended = true;
  EXPECT_TRUE(takes_more(state));
  state = listening(limits::kListenEventsMax);
  state.suspended = true;
  EXPECT_FALSE(takes_more(state));
  state.suspended = false;
  state.incidents.push_back({.number = 1, .step = "hear", .kind = IncidentKind::kStepFailed});
  EXPECT_FALSE(takes_more(state));
  state.incidents.front().step = "elsewhere";
  EXPECT_TRUE(takes_more(state));
}

TEST(Listening, TakesNothingIntoAFullHistoryWhileItIsHeld) {
  State state = listening(0);
  state.position = limits::kHistoryEventsMax;
  EXPECT_TRUE(takes_more(state));  // it fails by what comes next
  state.suspended = true;
  EXPECT_FALSE(takes_more(state));
}

TEST(Listening, ACallbackDoesNotCount) {
  State state = listening(limits::kListenEventsMax);
  state.root.children.front().events.push_back({.pattern = 0, .event = {}});
  EXPECT_FALSE(has_too_much(state.root.children.front()));
}

}  // namespace
}  // namespace skald::saga
