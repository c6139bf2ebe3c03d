// One process's lease and inbox: the cluster's tables behind a connection that fails.
//
// A call that fails may have been done all the same. One thread. Life cycle: that of its process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports/inbox.hpp"
#include "engine/ports/shard_leases.hpp"
#include "tests/simulation/cluster_tables.hpp"
#include "tests/simulation/faults.hpp"

namespace skald::simulation {

class SimulatedLeases final : public ports::ShardLeases {
 public:
  SimulatedLeases(World& world, Faults& faults, ClusterTables& tables, LifePtr life, Millis lease)
      : world_(world), faults_(faults), tables_(tables), life_(std::move(life)), lease_(lease) {}
  ~SimulatedLeases() override { tables_.shard_listeners.erase(life_->node); }

  ClusterTables::Member member() const { return member_; }

  Result<ports::Membership> renew(ports::MemberMode mode) override;
  Millis lease() const override { return lease_; }
  Result<void> release(const ports::ShardSet& shards) override;
  Result<void> leave() override;
  void notify(std::function<void()> changed) override;

 private:
  World& world_;
  Faults& faults_;
  ClusterTables& tables_;
  LifePtr life_;
  Millis lease_;
  ClusterTables::Member member_ = 0;
  bool left_ = false;
};

class SimulatedInbox final : public ports::Inbox {
 public:
  SimulatedInbox(World& world, Faults& faults, ClusterTables& tables, LifePtr life)
      : world_(world), faults_(faults), tables_(tables), life_(std::move(life)) {}
  ~SimulatedInbox() override { tables_.inbox_listeners.erase(life_->node); }

  Result<std::uint64_t> post(const ExecutionId& execution, const std::string& command) override;
  Result<std::vector<ports::InboxCommand>> list(const ports::ShardSet& shards, std::size_t limit) override;
  Result<void> answer(std::uint64_t number, const std::string& answer) override;
  Result<std::optional<std::string>> take_answer(std::uint64_t number) override;
  void notify(std::function<void()> posted) override;

 private:
  World& world_;
  Faults& faults_;
  ClusterTables& tables_;
  LifePtr life_;
};

}  // namespace skald::simulation
