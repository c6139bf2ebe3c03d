// Removes the executions that ended long enough ago: in rounds over all of this node's shards, a small page at a time,
// with pauses that leave the database to those who work. What has not ended is never removed, parked executions among
// it.
//
// Thread rule: everything on the loop of its host. Life cycle: begin() once; it stops when the engine drains.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/timer_queue.hpp"

namespace skald::runtime {

class Retention final : public TimerNode {
 public:
  explicit Retention(ExecutionHost& host) : host_(host) {}

  // Does nothing where EngineOptions::retention is 0.
  void begin();

 private:
  void fired() override;
  void removed(Result<ports::Removal> removal, std::chrono::nanoseconds took);
  void end_round();
  void again(std::chrono::nanoseconds pause);

  ExecutionHost& host_;
  std::optional<ExecutionId> last_;  // of the pages of this round
  std::uint64_t removed_ = 0;        // in this round
};

}  // namespace skald::runtime
