// Asks the store which executions are due and brings those into memory that are not there.
//
// Thread rule: everything on the loop of its host. Life cycle: begin() once; it stops when the engine drains.
#pragma once

#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/recovery.hpp"
#include "engine/runtime/timer_queue.hpp"

namespace skald::runtime {

class DuePoller final : public TimerNode {
 public:
  DuePoller(ExecutionHost& host, Resume resume);

  void begin();

 private:
  void fired() override;
  void again();

  ExecutionHost& host_;
  Resume resume_;
};

}  // namespace skald::runtime
