#include "storage/memory_schedules.hpp"

namespace skald::storage {

using namespace ports;

std::vector<StoredSchedule> MemorySchedules::list(const ShardSet& shards) const {
  std::vector<StoredSchedule> found;
  for (const auto& [workflow, schedule] : schedules_) {
    if (shards[shard_of_workflow(workflow.namespace_name, workflow.name)]) found.push_back(schedule);
  }
  return found;
}

bool MemorySchedules::put(const StoredSchedule& schedule) {
  const auto it = schedules_.find(schedule.workflow);
  if (schedule.revision != (it == schedules_.end() ? 0 : it->second.revision)) return false;
  auto& stored = schedules_[schedule.workflow] = schedule;
  ++stored.revision;
  return true;
}

}  // namespace skald::storage
