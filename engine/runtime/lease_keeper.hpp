// Keeps this node's lease, and has the hosts follow what it says: resumes the executions of shards that came, lets go
// of those whose shards went, and gives shards up where this node holds more than its share.
//
//   renew ──held──> came: recover     went: let go at once     too many, or the node ends: vacate ──empty──> release
//     │
//     └─no answer until the lease is uncertain──> everything went, until a renewal says what is held
//
// Thread rule: everything on the loop of the first host, except look(). Life cycle: begin() once; close() before the
// ports go away.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/async/offload.hpp"
#include "engine/ports/shard_leases.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/timer_queue.hpp"

namespace skald::runtime {

class LeaseKeeper final : public TimerNode {
 public:
  using Hosts = std::vector<std::shared_ptr<ExecutionHost>>;
  // Runs work that blocks, not on a loop.
  using Run = std::function<void(std::move_only_function<void()>)>;

  struct Hooks {
    std::function<void(const ports::ShardSet&)> came;
    // This process must end: another one has its name.
    std::function<void(const Error&)> replaced;
  };

  LeaseKeeper(Hosts& hosts, ports::ShardLeases& leases, Run run, Hooks hooks);
  ~LeaseKeeper() override;

  void begin();
  // Renews soon. Any thread.
  void look();
  // No renewal is under way afterwards. Any thread but the loop.
  void close();

 private:
  class Lapse;
  // What a renewal says, and what is live in the shards that it brings.
  struct Renewal {
    ports::Membership membership;
    ports::ShardSet counted;
    std::vector<ports::LiveCount> live;
  };

  void fired() override;
  void renew();
  void renewed(Result<Renewal> renewal, std::chrono::nanoseconds asked_at);
  void follow(const Renewal& renewal);
  void lapse();
  void drop(const ports::ShardSet& shards);
  void begin_vacating(const ports::Membership& membership);
  void vacate_resting();
  void vacate(const ports::ShardSet& shards);
  void vacated(std::uint64_t round);
  void release(const ports::ShardSet& shards);
  void tell_hosts_to_let_go(const ports::ShardSet& shards);
  template <class Work, class Then>
  void ask(Work work, Then then);

  Shared& shared() { return hosts_.front()->shared(); }

  Hosts& hosts_;
  ports::ShardLeases& leases_;
  Run run_;
  Hooks hooks_;
  std::unique_ptr<Lapse> lapse_;
  bool asking_ = false;
  bool again_ = false;
  ports::ShardSet vacating_;
  std::size_t hosts_vacating_ = 0;
  std::uint64_t vacate_round_ = 0;
  ports::ShardSet busy_;  // as far as the hosts have been asked
  std::size_t hosts_asked_ = 0;
};

}  // namespace skald::runtime
