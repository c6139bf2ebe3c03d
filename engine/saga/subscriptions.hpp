// What an execution listens for, as the store finds it by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/saga/state.hpp"

namespace skald::saga {

struct Subscription {
  std::string step;  // instance path
  Listen listen;

  bool operator==(const Subscription&) const = default;
};

// Whether a step that listens has received more than it may: it fails. A callback does not count, there is one.
bool has_too_much(const StepState& step);

// Whether nothing of a step goes on before somebody's word: the execution is suspended, or it is held by an incident.
bool is_held(const State& state, std::string_view path);

// Whether a step that listens takes one event more. One that is held takes no more than it may have, and nothing once
// the history is full: what comes then is kept for when it goes on.
bool takes_more(const State& state, const StepState& step);

// In the order of the tree; each once.
std::vector<Subscription> subscriptions_of(const State& state);

}  // namespace skald::saga
