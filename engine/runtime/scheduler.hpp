// Starts workflows when their schedules say so: those whose schedule's row is in this node's shards.
//
//   rows of the shards + definitions that run ─> reconciled ─> due ─> start, under a key made of the time
//                                                    ^                  │ durable
//                                                    └── row moved on <─┘
//
// A crash between the start and the move repeats the start under the same key, so each time has one execution. A row
// is written by who saw its latest revision: a node that lost the shard without knowing moves nothing.
// Thread rule: everything on the loop of the host. Life cycle: begin() once; it stops when the engine drains.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "engine/ports/schedule_store.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/scheduled_start.hpp"
#include "engine/runtime/timer_queue.hpp"

namespace skald::runtime {

class Scheduler final : public TimerNode {
 public:
  Scheduler(ExecutionHost& host, ports::ScheduleStore& store, Start start);

  void begin() { fired(); }

 private:
  struct Entry {
    ports::StoredSchedule row;
    definition::DefinitionPtr definition;  // null: it has no schedule any more, or this node cannot read it
    bool is_busy = false;                  // something of it is under way
    std::chrono::nanoseconds look_from{};  // steady: not looked at before
  };

  // A start: times that have come since are not made up for by it.
  struct Begun {
    Timestamp due;
    Timestamp at;
  };

  void fired() override;
  void look();
  void read();
  void reconcile();
  void reconcile(Entry& entry, const definition::DefinitionPtr& definition);
  void look_at(Entry& entry);
  bool is_ours(const Entry& entry) const;

  void begin_start(Entry& entry);
  void start(Entry& entry);
  void started(Entry& entry, const Begun& begun, Result<Started> result);
  void look_for_end(Entry& entry);
  void ended(Entry& entry, const Result<ports::StoredExecution>& execution);
  // On to the next time, without a start.
  void pass(Entry& entry, std::string_view result);
  void move_on(Entry& entry, const Begun& begun);
  void write(Entry& entry);
  // Work on the entry that blocks, then done(result) on the loop.
  template <class Work, class Done>
  void ask(Entry& entry, Work work, Done done);
  void finish(Entry& entry);

  Shared& shared() { return host_.shared(); }

  ExecutionHost& host_;
  ports::ScheduleStore& store_;
  Start start_;
  std::map<ports::WorkflowName, Entry> entries_;  // of this node's shards
  std::size_t busy_ = 0;
  bool is_reading_ = false;
  bool must_read_ = true;
  std::array<std::uint64_t, limits::kShardCount> epochs_{};  // when it was read
  Definitions::Scheduled scheduled_;                         // when it was reconciled
};

}  // namespace skald::runtime
