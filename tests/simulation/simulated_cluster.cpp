#include "tests/simulation/simulated_cluster.hpp"

#include "tests/simulation/wire.hpp"

#include <utility>

namespace skald::simulation {
namespace {

// A listener of the process, as notices come to it: late, or never.
ClusterTables::Listener notices(World& world, LifePtr life, std::function<void()> told) {
  return [&world, life = std::move(life), told = std::move(told)] {
    if (life->over || life->database_cut_until > world.now() || world.chance(20)) return;
    world.after(life, world.latency(), told);
  };
}

}  // namespace

Result<ports::Membership> SimulatedLeases::renew(ports::MemberMode mode) {
  const bool draining = mode == ports::MemberMode::kLeaving;
  if (left_) return failure("node.left", "this node has given everything up");
  return over_the_wire(world_, faults_, *life_, [&] {
    member_ = tables_.renew(member_, fmt::format("n{}", life_->node), lease_, draining);
    return tables_.membership(member_, draining);
  });
}

Result<void> SimulatedLeases::release(const ports::ShardSet& shards) {
  const auto done = over_the_wire(world_, faults_, *life_, [&] {
    tables_.release(member_, shards);
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<void> SimulatedLeases::leave() {
  left_ = true;
  const auto done = over_the_wire(world_, faults_, *life_, [&] {
    tables_.leave(member_);
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return {};
}

void SimulatedLeases::notify(std::function<void()> changed) {
  if (!changed) return static_cast<void>(tables_.shard_listeners.erase(life_->node));
  tables_.shard_listeners[life_->node] = notices(world_, life_, std::move(changed));
}

Result<std::uint64_t> SimulatedInbox::post(const ExecutionId& execution, const std::string& command) {
  return over_the_wire(world_, faults_, *life_, [&] { return tables_.post(execution, command); });
}

Result<std::vector<ports::InboxCommand>> SimulatedInbox::list(const ports::ShardSet& shards, std::size_t limit) {
  return over_the_wire(world_, faults_, *life_, [&] { return tables_.list(shards, limit); });
}

Result<void> SimulatedInbox::answer(std::uint64_t number, const std::string& answer) {
  const auto done = over_the_wire(world_, faults_, *life_, [&] { return tables_.answer(number, answer); });
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::optional<std::string>> SimulatedInbox::take_answer(std::uint64_t number) {
  return over_the_wire(world_, faults_, *life_, [&] { return tables_.take_answer(number); });
}

void SimulatedInbox::notify(std::function<void()> posted) {
  if (!posted) return static_cast<void>(tables_.inbox_listeners.erase(life_->node));
  tables_.inbox_listeners[life_->node] = notices(world_, life_, std::move(posted));
}

}  // namespace skald::simulation
