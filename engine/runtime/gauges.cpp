#include "engine/runtime/gauges.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace skald::runtime {
namespace {

constexpr Millis kGaugesInterval{1'000};
constexpr Millis kDriftMax{2'000};

}  // namespace

Gauges::Gauges(ExecutionHost& host, bool leads) : host_(host), leads_(leads) {}

void Gauges::begin() {
  host_.timers().set(*this, host_.shared().time.steady() + kGaugesInterval);
}

void Gauges::fired() {
  auto& shared = host_.shared();
  // Differences of unsigned counts wrap around correctly.
  const auto timers = host_.timers().size();
  const auto backlog = host_.backlog();
  shared.timers += timers - std::exchange(timers_, timers);
  shared.backlog += backlog - std::exchange(backlog_, backlog);
  shared.oldest_wait = std::max(shared.oldest_wait.load(), host_.oldest_wait().count());
  shared.telemetry.timer_lag(host_.timers().take_lag());
  if (leads_) {
    shared.telemetry.timers_pending(shared.timers);
    shared.telemetry.node_leases(shared.shards.held().count());
    shared.telemetry.ready_queue(shared.backlog, Millis(shared.oldest_wait.exchange(0)));
    const Millis drift = shared.time.drift();
    const bool drifted = drift > kDriftMax || drift < -kDriftMax;
    if (drifted && !std::exchange(warned_of_drift_, drifted)) {
      const auto millis = std::to_string(drift.count());
      shared.log.write(ports::LogLevel::kWarning,
                       "the system's clock was stepped; executions keep the time of before until the next start",
                       {{"milliseconds", millis}});
    }
  }
  begin();
}

}  // namespace skald::runtime
