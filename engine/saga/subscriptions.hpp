// What an execution listens for, as the store finds it by.
#pragma once

#include <string>
#include <vector>

#include "engine/saga/state.hpp"

namespace skald::saga {

struct Subscription {
  std::string step;  // instance path
  Listen listen;

  bool operator==(const Subscription&) const = default;
};

// In the order of the tree; each once.
std::vector<Subscription> subscriptions_of(const State& state);

}  // namespace skald::saga
