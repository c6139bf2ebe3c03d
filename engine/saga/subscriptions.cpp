#include "engine/saga/subscriptions.hpp"

#include <algorithm>

namespace skald::saga {
namespace {

void collect(const StepState& step, std::vector<Subscription>& found) {
  if (step.status != StepStatus::kRunning) return;
  for (auto listen = step.listens.begin(); listen != step.listens.end() && !step.listening_ended; ++listen) {
    if (std::find(step.listens.begin(), listen, *listen) == listen) found.push_back({step.path, *listen});
  }
  for (const auto& child : step.children) collect(child, found);
}

}  // namespace

std::vector<Subscription> subscriptions_of(const State& state) {
  std::vector<Subscription> found;
  const bool forward = state.compensation.state == CompensationState::kNone && !is_ending(state);
  if (state.has_listens && forward && !is_terminal(state.phase)) collect(state.root, found);
  return found;
}

}  // namespace skald::saga
