// Tells telemetry once a second what one host holds; the first host tells the sum of all. Loop thread only.
#pragma once

#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/timer_queue.hpp"

namespace skald::runtime {

class Gauges final : public TimerNode {
 public:
  // `leads`: this one reports.
  Gauges(ExecutionHost& host, bool leads);

  void begin();

 private:
  void fired() override;

  ExecutionHost& host_;
  bool leads_;
  bool warned_of_drift_ = false;
  std::size_t timers_ = 0;
  std::size_t backlog_ = 0;
};

}  // namespace skald::runtime
