// How many executions are live on this node, by workflow and phase: kept by shard, so that a shard takes its share of
// the gauge along when it goes.
//
// Thread rule: any thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/ports/history_store.hpp"
#include "engine/ports/telemetry.hpp"

namespace skald::runtime {

class LiveCounts {
 public:
  explicit LiveCounts(ports::Telemetry& telemetry) : telemetry_(telemetry) {}

  // One execution enters (+1) or leaves (-1) a phase.
  void count(std::uint32_t shard, ports::WorkflowLabel workflow, std::string_view phase, int change);
  // What was live in shards when they came.
  void add(const std::vector<ports::LiveCount>& counts);
  // Shards went: what is live there is counted by others.
  void drop(const ports::ShardSet& shards);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // namespace, workflow, phase
  using KeyView = std::tuple<std::string_view, std::string_view, std::string_view>;
  using ByShard = std::array<std::int64_t, limits::kShardCount>;

  void change(std::uint32_t shard, const KeyView& key, std::int64_t change);

  ports::Telemetry& telemetry_;
  std::mutex mutex_;
  std::map<Key, ByShard, std::less<>> counts_;
};

}  // namespace skald::runtime
