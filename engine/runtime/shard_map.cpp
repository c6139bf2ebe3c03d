#include "engine/runtime/shard_map.hpp"

#include <limits>

namespace skald::runtime {

void ShardMap::hold_all(std::uint64_t epoch) {
  for (std::uint32_t shard = 0; shard < limits::kShardCount; ++shard) hold(shard, epoch);
  certain_until_.store(std::numeric_limits<std::int64_t>::max(), std::memory_order_release);
}

bool ShardMap::serves(const ExecutionId& id) const {
  const auto shard = shard_of(id);
  return epoch_of(shard) != 0 && !vacating_[shard].load(std::memory_order_acquire);
}

ports::ShardSet ShardMap::held() const {
  ports::ShardSet held;
  for (std::uint32_t shard = 0; shard < limits::kShardCount; ++shard) held[shard] = epoch_of(shard) != 0;
  return held;
}

std::array<std::uint64_t, limits::kShardCount> ShardMap::epochs() const {
  std::array<std::uint64_t, limits::kShardCount> epochs{};
  for (std::uint32_t shard = 0; shard < limits::kShardCount; ++shard) epochs[shard] = epoch_of(shard);
  return epochs;
}

void ShardMap::hold(std::uint32_t shard, std::uint64_t epoch) {
  if (epoch_of(shard) == 0) ++serving_;
  epochs_[shard].store(epoch, std::memory_order_release);
}

void ShardMap::vacate(std::uint32_t shard) {
  if (!vacating_[shard].exchange(true, std::memory_order_acq_rel)) --serving_;
}

void ShardMap::drop(std::uint32_t shard) {
  if (epochs_[shard].exchange(0, std::memory_order_acq_rel) == 0) return;
  if (!vacating_[shard].exchange(false, std::memory_order_acq_rel)) --serving_;
}

}  // namespace skald::runtime
