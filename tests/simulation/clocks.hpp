// The clocks of the machines: what a run has of them, and how wrong they were where it mattered.
#pragma once

#include <algorithm>

#include "engine/base/time.hpp"

namespace skald::simulation {

struct Clocks {
  Millis apart{0};        // at most, where none was stepped
  bool set_right = true;  // before a process starts; else a step outlasts the process
  // How far ahead of the world's time processes began, and how far behind it.
  Millis ahead_most{0};
  Millis behind_most{0};

  void begin_process(Millis ahead) {
    ahead_most = std::max(ahead_most, ahead);
    behind_most = std::max(behind_most, -ahead);
  }
};

}  // namespace skald::simulation
