// What the database holds beside the executions where several nodes share it: the nodes, the shards, the inbox. The
// rules are those of storage/postgres_leases.cpp and storage/postgres_inbox.cpp; each function is one transaction.
//
// One thread. Life cycle: part of the database.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports/inbox.hpp"
#include "engine/ports/shard_leases.hpp"
#include "tests/simulation/world.hpp"

namespace skald::simulation {

class ClusterTables {
 public:
  using Member = std::uint64_t;  // a process that has joined; 0: none

  explicit ClusterTables(World& world) : world_(world) {}

  // The member goes on, or joins as a new one: returns who it is.
  Member renew(Member member, const std::string& name, Millis lease, bool draining);
  ports::Membership membership(Member member, bool draining) const;
  void release(Member member, const ports::ShardSet& shards);
  void leave(Member member);
  // Whether an append under this epoch may be written.
  bool holds(Member member, std::uint32_t shard, std::uint64_t epoch) const;
  std::uint64_t epoch_of(std::uint32_t shard) const { return shards_[shard].epoch; }
  // How often a shard came to somebody.
  std::uint64_t handovers() const { return handovers_; }
  std::uint64_t evictions() const { return evictions_; }

  std::uint64_t post(const ExecutionId& execution, const std::string& command);
  std::vector<ports::InboxCommand> list(const ports::ShardSet& shards, std::size_t limit) const;
  // False where it had an answer already.
  bool answer(std::uint64_t number, const std::string& answer);
  std::optional<std::string> take_answer(std::uint64_t number);
  bool has_unanswered() const;

  // Told of changes of shards, and of new commands: everybody who listens.
  using Listener = std::function<void()>;
  std::map<int, Listener> shard_listeners;  // by node
  std::map<int, Listener> inbox_listeners;

 private:
  struct Node {
    std::string name;
    Nanos lease_until{0};
    bool draining = false;
  };
  struct Shard {
    Member owner = 0;
    std::uint64_t epoch = 0;
  };
  struct Command {
    ports::InboxCommand command;
    std::optional<std::string> answer;
  };

  void balance(Member member, bool draining);
  bool free_orphans();
  std::size_t share() const;
  std::size_t count_of(Member member) const;
  void tell(const std::map<int, Listener>& listeners) const;

  World& world_;
  std::map<Member, Node> nodes_;
  Member last_member_ = 0;
  std::array<Shard, limits::kShardCount> shards_{};
  std::uint64_t handovers_ = 0;
  std::uint64_t evictions_ = 0;
  std::map<std::uint64_t, Command> inbox_;
  std::uint64_t last_command_ = 0;
};

}  // namespace skald::simulation
