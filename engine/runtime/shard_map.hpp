// Which shards are this process's, under which epoch, and for how long that is certain.
//
// Thread rule: reads from any thread; written by the lease keeper alone.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "engine/base/ids.hpp"
#include "engine/ports/shard_leases.hpp"

namespace skald::runtime {

class ShardMap {
 public:
  // All of them for ever, under one epoch; none, where there are leases.
  void hold_all(std::uint64_t epoch);

  // 0: not ours.
  std::uint64_t epoch_of(std::uint32_t shard) const { return epochs_[shard].load(std::memory_order_acquire); }
  std::uint64_t epoch_of(const ExecutionId& id) const { return epoch_of(shard_of(id)); }
  // Ours, and not about to be given up: executions may begin and be commanded here.
  bool serves(const ExecutionId& id) const;
  bool serves_any() const { return serving_.load(std::memory_order_relaxed) > 0; }
  // Whether the lease is certain at this moment: looked at right before anything is sent.
  bool is_certain(std::chrono::nanoseconds steady) const {
    return steady.count() < certain_until_.load(std::memory_order_acquire);
  }
  ports::ShardSet held() const;
  std::array<std::uint64_t, limits::kShardCount> epochs() const;

  void hold(std::uint32_t shard, std::uint64_t epoch);
  // Ours still, but nothing new: it is about to be given up.
  void vacate(std::uint32_t shard);
  void drop(std::uint32_t shard);
  void set_certain_until(std::chrono::nanoseconds steady) {
    certain_until_.store(steady.count(), std::memory_order_release);
  }

 private:
  std::array<std::atomic<std::uint64_t>, limits::kShardCount> epochs_{};
  std::array<std::atomic<bool>, limits::kShardCount> vacating_{};
  std::atomic<std::size_t> serving_{0};
  std::atomic<std::int64_t> certain_until_{0};
};

}  // namespace skald::runtime
