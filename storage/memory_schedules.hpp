// The schedules of the store in memory. Its caller takes the locks.
#pragma once

#include <map>
#include <vector>

#include "engine/ports/schedule_store.hpp"

namespace skald::storage {

class MemorySchedules {
 public:
  std::vector<ports::StoredSchedule> list(const ports::ShardSet& shards) const;
  bool put(const ports::StoredSchedule& schedule);

 private:
  std::map<ports::WorkflowName, ports::StoredSchedule> schedules_;
};

}  // namespace skald::storage
