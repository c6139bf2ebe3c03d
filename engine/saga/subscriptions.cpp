#include "engine/saga/subscriptions.hpp"

#include <algorithm>

#include "engine/base/limits.hpp"

namespace skald::saga {
namespace {

struct Received {
  std::size_t count = 0;
  std::size_t bytes = 0;
};

Received received_by(const StepState& step) {
  Received received;
  for (const auto& taken : step.events) {
    if (taken.pattern == 0) continue;
    ++received.count;
    received.bytes += taken.event.text().size();
  }
  return received;
}

void collect(const State& state, const StepState& step, std::vector<Subscription>& found) {
  if (step.status != StepStatus::kRunning) return;
  if (!step.listens.empty() && takes_more(state, step)) {
    for (auto listen = step.listens.begin(); listen != step.listens.end(); ++listen) {
      if (std::find(step.listens.begin(), listen, *listen) == listen) found.push_back({step.path, *listen});
    }
  }
  for (const auto& child : step.children) collect(state, child, found);
}

}  // namespace

bool has_too_much(const StepState& step) {
  const Received received = received_by(step);
  return received.count > limits::kListenEventsMax || received.bytes > limits::kResponseBytesMax;
}

bool is_held(const State& state, std::string_view path) {
  return state.suspended || is_quarantined(state) || has_blocking_incident(state, path);
}

bool takes_more(const State& state, const StepState& step) {
  if (step.listening_ended || has_too_much(step)) return false;
  if (!is_held(state, step.path)) return true;
  const Received received = received_by(step);
  const bool has_room =
      received.count < limits::kListenEventsMax && received.bytes + limits::kEventBytesMax <= limits::kResponseBytesMax;
  return has_room && state.position < limits::kHistoryEventsMax;
}

std::vector<Subscription> subscriptions_of(const State& state) {
  std::vector<Subscription> found;
  const bool forward = state.compensation.state == CompensationState::kNone && !is_ending(state);
  if (state.has_listens && forward && !is_terminal(state.phase)) collect(state, state.root, found);
  return found;
}

}  // namespace skald::saga
