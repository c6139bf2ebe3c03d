// `wait`: nothing happens for a while; the input goes on.
#pragma once

#include "engine/definition/policies.hpp"

namespace skald::definition {

struct WaitStep {
  Duration duration;
};

}  // namespace skald::definition
