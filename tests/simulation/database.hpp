// The database of the world: what is committed here survives every process. Its rules are the memory store's.
//
// One thread. Life cycle: outlives the nodes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/ports/history_store.hpp"
#include "storage/memory_store.hpp"
#include "tests/simulation/cluster_tables.hpp"
#include "tests/simulation/world.hpp"

namespace skald::simulation {

// A schedule's row has gone on to another time.
struct ScheduleMove {
  std::optional<Timestamp> from;  // nullopt: it is new
  std::optional<Timestamp> to;
  Timestamp at{};  // the world's time
};

// The last digits of an execution's id: enough to tell those of one run apart.
std::string short_id(const ExecutionId& id);

class Database {
 public:
  // Who writes a batch.
  struct Writer {
    int node = 0;
    ClusterTables::Member member = 0;  // 0: one node has all shards
  };

  explicit Database(World& world) : world_(world), cluster_(world) {}

  // Writes what may be written, in order, as one batch of one process.
  std::vector<ports::AppendResult> commit(std::vector<ports::AppendGroup> groups, const Writer& writer);
  ClusterTables& cluster() { return cluster_; }

  // Nothing can be written for a while.
  void fill_disk(Nanos for_how_long) { full_until_ = world_.now() + for_how_long; }
  bool is_full() const { return world_.now() < full_until_; }

  Result<bool> put_schedule(const ports::StoredSchedule& schedule);
  // In the order of their writing, by the name of the workflow.
  const std::map<std::string, std::vector<ScheduleMove>>& schedule_moves() const { return schedule_moves_; }
  std::vector<ports::StoredSchedule> schedules();

  // For reads.
  storage::MemoryStore& rows() { return rows_; }

  std::vector<ports::HistoryRow> history(const ExecutionId& id);
  std::vector<ports::StoredExecution> executions();
  // Commands out of the inbox that were applied after they had been answered.
  const std::vector<std::uint64_t>& applied_twice() const { return applied_twice_; }
  std::uint64_t fenced() const { return fenced_; }
  // Replays that other nodes had been asked for.
  std::uint64_t replays_passed_on() const { return replays_passed_on_; }
  // The world's time when each event of an execution was written.
  const std::vector<Timestamp>& written_at(const ExecutionId& id) const { return written_at_.at(id); }

 private:
  ports::AppendResult commit_group(ports::AppendGroup group, const Writer& writer);
  void note(const ports::AppendGroup& group, int node);
  void remember(const ports::Append& append);

  World& world_;
  storage::MemoryStore rows_;
  ClusterTables cluster_;
  std::vector<std::uint64_t> applied_twice_;
  std::uint64_t fenced_ = 0;
  std::uint64_t replays_passed_on_ = 0;
  std::map<ExecutionId, std::vector<Timestamp>> written_at_;
  std::map<std::string, std::vector<ScheduleMove>> schedule_moves_;
  Nanos full_until_{0};
};

}  // namespace skald::simulation
