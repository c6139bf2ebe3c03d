// After a start of the process, and whenever shards come: everything in them that is under way is loaded and resumed.
// What rests stays where it is until it is due; the due poller finds it then.
//
// The ids are shuffled and handed out over a ramp, so that the participants of ten thousand resumed executions do not
// see ten thousand requests at once. Thread rule: everything on the loop of the first host. begin() again adds to what
// is under way.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/timer_queue.hpp"

namespace skald::runtime {

// Hands ids to the hosts they belong to.
using Resume = std::function<void(const std::vector<ExecutionId>&)>;

class Recovery final : public TimerNode {
 public:
  Recovery(ExecutionHost& host, Resume resume);

  void begin(const ports::ShardSet& shards);
  // Any thread.
  bool is_running() const { return running_.load(std::memory_order_relaxed); }

 private:
  void fired() override;
  void read_page();
  void shuffle();
  void hand_out();
  void next();

  ExecutionHost& host_;
  Resume resume_;
  std::atomic<bool> running_{false};
  ports::ShardSet shards_;   // of this round
  ports::ShardSet waiting_;  // for the next one
  bool listed_ = false;
  std::optional<ports::WakeUp> last_;  // of the pages read
  std::vector<ExecutionId> ids_;
  std::size_t handed_out_ = 0;
  std::chrono::nanoseconds ramp_begin_{};
  Millis ramp_{};
};

}  // namespace skald::runtime
