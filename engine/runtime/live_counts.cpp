#include "engine/runtime/live_counts.hpp"

#include <utility>

namespace skald::runtime {
namespace {

void tell(ports::Telemetry& telemetry, const auto& key, std::int64_t change) {
  const auto& [namespace_name, workflow, phase] = key;
  if (change == 0) return;
  telemetry.execution_phase({.namespace_name = namespace_name, .workflow = workflow}, phase, static_cast<int>(change));
}

}  // namespace

void LiveCounts::count(std::uint32_t shard, ports::WorkflowLabel workflow, std::string_view phase, int change) {
  const std::lock_guard lock(mutex_);
  this->change(shard, {workflow.namespace_name, workflow.workflow, phase}, change);
}

void LiveCounts::add(const std::vector<ports::LiveCount>& counts) {
  const std::lock_guard lock(mutex_);
  for (const auto& live : counts) {
    change(live.shard, {live.namespace_name, live.workflow, live.phase}, static_cast<std::int64_t>(live.count));
  }
}

void LiveCounts::drop(const ports::ShardSet& shards) {
  const std::lock_guard lock(mutex_);
  for (auto& [key, by_shard] : counts_) {
    std::int64_t gone = 0;
    for (std::size_t shard = 0; shard < by_shard.size(); ++shard) {
      if (shards[shard]) gone += std::exchange(by_shard[shard], 0);
    }
    tell(telemetry_, key, -gone);
  }
}

void LiveCounts::change(std::uint32_t shard, const KeyView& key, std::int64_t change) {
  auto found = counts_.find(key);
  if (found == counts_.end()) {
    const auto& [namespace_name, workflow, phase] = key;
    found = counts_.try_emplace(Key{namespace_name, workflow, phase}).first;
  }
  found->second[shard] += change;
  tell(telemetry_, key, change);
}

}  // namespace skald::runtime
