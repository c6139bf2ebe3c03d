// The database of the world: what is committed here survives every process. Its rules are the memory store's.
//
// One thread. Life cycle: outlives the nodes.
#pragma once

#include <string>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/ports/history_store.hpp"
#include "storage/memory_store.hpp"
#include "tests/simulation/world.hpp"

namespace skald::simulation {

// The last digits of an execution's id: enough to tell those of one run apart.
std::string short_id(const ExecutionId& id);

class Database {
 public:
  explicit Database(World& world) : world_(world) {}

  // Writes what may be written, in order, as one batch of one process.
  std::vector<ports::AppendResult> commit(std::vector<ports::AppendGroup> groups, int node);

  // Nothing can be written for a while.
  void fill_disk(Nanos for_how_long) { full_until_ = world_.now() + for_how_long; }
  bool is_full() const { return world_.now() < full_until_; }

  // For reads.
  storage::MemoryStore& rows() { return rows_; }

  std::vector<ports::HistoryRow> history(const ExecutionId& id);
  std::vector<ports::StoredExecution> executions();
  std::size_t commits() const { return commits_; }

 private:
  void note(const ports::AppendGroup& group, int node);

  World& world_;
  storage::MemoryStore rows_;
  std::size_t commits_ = 0;
  Nanos full_until_{0};
};

}  // namespace skald::simulation
