// What the engine tells of itself: counters and durations. Any thread; never blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/ports/shard_leases.hpp"

namespace skald::ports {

struct WorkflowLabel {
  std::string_view namespace_name;
  std::string_view workflow;
};

// What somebody should know of while it lasts. Empty for most executions, and for every one that has ended.
struct Standing {
  std::string_view workflow;
  std::optional<Timestamp> compensating_since;
  std::vector<std::string_view> incidents;  // the kind of each open one
};

class Telemetry {
 public:
  virtual ~Telemetry() = default;

  virtual void execution_started(WorkflowLabel workflow) = 0;
  virtual void execution_finished(WorkflowLabel workflow, std::string_view outcome, Millis duration) = 0;
  // +1 and -1 as executions enter and leave a phase.
  virtual void execution_phase(WorkflowLabel workflow, std::string_view phase, int change) = 0;
  // By retention.
  virtual void executions_removed(std::uint64_t count) = 0;
  // action: "execute", "compensate"; result: "done", "refused", "unknown", "lost".
  virtual void step_attempt(std::string_view workflow, std::string_view step, std::string_view action,
                            std::string_view result, Millis duration) = 0;
  virtual void step_retry(std::string_view workflow, std::string_view step, std::string_view reason) = 0;
  // result: "completed", "failed", "skipped".
  virtual void compensation(std::string_view workflow, std::string_view step, std::string_view result) = 0;
  // What stands of an execution now; told again after a restart, so that the last word counts and not the number of
  // words.
  virtual void execution_standing(const ExecutionId& execution, const Standing& standing) = 0;
  // The executions of these shards are other nodes': how they stand is told there.
  virtual void shards_went(const ShardSet& shards) = 0;
  virtual void expression_error(std::string_view workflow) = 0;

  virtual void timer_lag(Millis lag) = 0;
  virtual void timers_pending(std::uint64_t count) = 0;
  virtual void ready_queue(std::uint64_t depth, Millis oldest) = 0;
  // Live executions whose wake-up has been due for a minute or more.
  virtual void executions_overdue(std::uint64_t count) = 0;

  virtual void commit(std::chrono::nanoseconds duration, std::uint64_t appends) = 0;
  virtual void store_error(std::string_view kind) = 0;

  virtual void adapter_request(std::string_view adapter, std::string_view operation, std::string_view code,
                               std::chrono::nanoseconds duration) = 0;
  virtual void adapter_inflight(std::string_view adapter, int change) = 0;
  virtual void circuit(std::string_view adapter, bool open) = 0;

  // An event from outside. result: "taken", "kept", "duplicate", "ignored", "refused".
  virtual void event_received(std::string_view result) = 0;
  // Of the whole store: events for executions that have not come to their `listen` yet, and collections of events that
  // wait for others.
  virtual void events_waiting(std::uint64_t kept, std::uint64_t collections) = 0;

  // What became of a start by a schedule. result: "started", "repeated", "skipped", "missed", "refused".
  virtual void schedule_start(std::string_view result) = 0;
  // How long after its time it was.
  virtual void schedule_lateness(Millis late) = 0;

  // What waits to be delivered to a sink; empty: to the executions of this engine.
  virtual void outbox(std::string_view sink, std::uint64_t pending, Millis oldest) = 0;

  virtual void definitions_loaded(std::uint64_t count) = 0;
  // Shards that this process has.
  virtual void node_leases(std::uint64_t count) = 0;
};

// Says nothing.
class SilentTelemetry : public Telemetry {
 public:
  void execution_started(WorkflowLabel) override {}
  void execution_finished(WorkflowLabel, std::string_view, Millis) override {}
  void execution_phase(WorkflowLabel, std::string_view, int) override {}
  void executions_removed(std::uint64_t) override {}
  void step_attempt(std::string_view, std::string_view, std::string_view, std::string_view, Millis) override {}
  void step_retry(std::string_view, std::string_view, std::string_view) override {}
  void compensation(std::string_view, std::string_view, std::string_view) override {}
  void execution_standing(const ExecutionId&, const Standing&) override {}
  void shards_went(const ShardSet&) override {}
  void expression_error(std::string_view) override {}
  void timer_lag(Millis) override {}
  void timers_pending(std::uint64_t) override {}
  void ready_queue(std::uint64_t, Millis) override {}
  void executions_overdue(std::uint64_t) override {}
  void commit(std::chrono::nanoseconds, std::uint64_t) override {}
  void store_error(std::string_view) override {}
  void adapter_request(std::string_view, std::string_view, std::string_view, std::chrono::nanoseconds) override {}
  void adapter_inflight(std::string_view, int) override {}
  void circuit(std::string_view, bool) override {}
  void event_received(std::string_view) override {}
  void events_waiting(std::uint64_t, std::uint64_t) override {}
  void schedule_start(std::string_view) override {}
  void schedule_lateness(Millis) override {}
  void outbox(std::string_view, std::uint64_t, Millis) override {}
  void definitions_loaded(std::uint64_t) override {}
  void node_leases(std::uint64_t) override {}
};

}  // namespace skald::ports
