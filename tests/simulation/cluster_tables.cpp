#include "tests/simulation/cluster_tables.hpp"

#include <algorithm>

#include "engine/base/ids.hpp"

namespace skald::simulation {

ClusterTables::Member ClusterTables::renew(Member member, const std::string& name, Millis lease, bool draining) {
  if (!nodes_.contains(member)) {
    std::erase_if(nodes_, [&](const auto& entry) { return entry.second.name == name; });
    member = ++last_member_;
    nodes_[member].name = name;
    world_.note("database", "{} joins as member {}", name, member);
    tell(shard_listeners);
  }
  auto& node = nodes_[member];
  node.lease_until = world_.now() + lease;
  node.draining = draining;
  balance(member, draining);
  return member;
}

void ClusterTables::balance(Member member, bool draining) {
  const auto evicted = std::erase_if(nodes_, [&](const auto& entry) {
    const bool out = entry.first != member && entry.second.lease_until < world_.now();
    if (out) world_.note("database", "{}, member {}, is evicted", entry.second.name, entry.first);
    return out;
  });
  evictions_ += evicted;
  if (free_orphans() || evicted > 0) tell(shard_listeners);
  if (draining) return;
  std::size_t taken = 0;
  for (auto& shard : shards_) {
    if (shard.owner != 0 || count_of(member) >= share()) continue;
    shard = {member, shard.epoch + 1};
    ++taken;
  }
  handovers_ += taken;
  if (taken > 0) world_.note("database", "member {} takes {} shards", member, taken);
}

bool ClusterTables::free_orphans() {
  bool any = false;
  for (auto& shard : shards_) {
    if (shard.owner == 0 || nodes_.contains(shard.owner)) continue;
    shard = {0, shard.epoch + 1};
    any = true;
  }
  return any;
}

std::size_t ClusterTables::share() const {
  const auto nodes =
      static_cast<std::size_t>(std::ranges::count_if(nodes_, [](const auto& entry) { return !entry.second.draining; }));
  return nodes == 0 ? limits::kShardCount : (limits::kShardCount + nodes - 1) / nodes;
}

std::size_t ClusterTables::count_of(Member member) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(shards_, [&](const Shard& shard) { return shard.owner == member; }));
}

ports::Membership ClusterTables::membership(Member member, bool draining) const {
  ports::Membership found;
  found.share = draining ? 0 : share();
  for (std::uint32_t id = 0; id < limits::kShardCount; ++id) {
    if (shards_[id].owner == member) found.held.push_back({id, shards_[id].epoch});
  }
  return found;
}

void ClusterTables::release(Member member, const ports::ShardSet& shards) {
  for (std::uint32_t id = 0; id < limits::kShardCount; ++id) {
    if (shards[id] && shards_[id].owner == member) shards_[id] = {0, shards_[id].epoch + 1};
  }
  tell(shard_listeners);
}

void ClusterTables::leave(Member member) {
  nodes_.erase(member);
  free_orphans();
  tell(shard_listeners);
}

bool ClusterTables::holds(Member member, std::uint32_t shard, std::uint64_t epoch) const {
  return nodes_.contains(member) && shards_[shard].epoch == epoch;
}

std::uint64_t ClusterTables::post(const ExecutionId& execution, const std::string& command) {
  ++last_command_;
  inbox_[last_command_] = Command{{last_command_, execution, command}, std::nullopt};
  world_.note("database", "command {}: {}", last_command_, command);
  tell(inbox_listeners);
  return last_command_;
}

std::vector<ports::InboxCommand> ClusterTables::list(const ports::ShardSet& shards, std::size_t limit) const {
  std::vector<ports::InboxCommand> found;
  for (const auto& [number, entry] : inbox_) {
    if (!entry.answer && shards[shard_of(entry.command.execution)] && found.size() < limit) {
      found.push_back(entry.command);
    }
  }
  return found;
}

bool ClusterTables::answer(std::uint64_t number, const std::string& answer) {
  const auto it = inbox_.find(number);
  if (it == inbox_.end() || it->second.answer) return false;
  it->second.answer = answer;
  world_.note("database", "command {} is answered {}", number, answer);
  return true;
}

std::optional<std::string> ClusterTables::take_answer(std::uint64_t number) {
  const auto it = inbox_.find(number);
  if (it == inbox_.end() || !it->second.answer) return std::nullopt;
  auto answer = std::move(it->second.answer);
  inbox_.erase(it);
  return answer;
}

bool ClusterTables::has_unanswered() const {
  return std::ranges::any_of(inbox_, [](const auto& entry) { return !entry.second.answer; });
}

void ClusterTables::tell(const std::map<int, Listener>& listeners) const {
  for (const auto& [node, listener] : listeners) listener();
}

}  // namespace skald::simulation
