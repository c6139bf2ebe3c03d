// Notes in the row of a schedule what events have started by it, or why they could not: for lists, some seconds late
// and the latest only. An event may come to any node, so this asks for no shard.
//
// Thread rule: everything on the loop of the host. Nothing depends on a note: what a crash takes is forgotten.
#pragma once

#include <map>
#include <string>

#include "engine/ports/schedule_store.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/timer_queue.hpp"

namespace skald::runtime {

class ScheduleNotes final : public TimerNode {
 public:
  ScheduleNotes(ExecutionHost& host, ports::ScheduleStore& store) : host_(host), store_(store) {}

  void started(const ports::WorkflowName& workflow, const ExecutionId& execution);
  void refused(const ports::WorkflowName& workflow, const Error& error);

 private:
  struct Note {
    std::optional<Timestamp> at;
    std::optional<ExecutionId> execution;
    std::string error;
  };
  using Notes = std::map<ports::WorkflowName, Note>;

  void fired() override;
  void again();
  static Result<void> write(ports::ScheduleStore& store, const Notes& notes);

  ExecutionHost& host_;
  ports::ScheduleStore& store_;
  Notes notes_;
};

}  // namespace skald::runtime
