// A process of the bench that shares its database with other nodes, as far as its leases and its inbox say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/engine/runtime/runtime_bench.hpp"
#include "tests/support/scripted_leases.hpp"

namespace skald::test {

inline const ports::ShardSet kAll = ports::ShardSet().set();

struct LeasedNode {
  explicit LeasedNode(const ports::ShardSet& held = kAll, std::uint64_t epoch = 3) {
    leases.hold(held, epoch);
    bench.leases = &leases;
    bench.inbox = &inbox;
    bench.kill_process();
    bench.start_process();
    bench.settle();
  }
  // Up to this step, which does not answer.
  ExecutionId start_up_to(const std::string& step) {
    bench.script.set_rule([step](const auto& call) -> std::optional<saga::Answer> {
      if (call.step == step && call.action == saga::Action::kExecute) return std::nullopt;
      return done();
    });
    return bench.start()->id;
  }
  // Its shard is another node's from here on.
  void give_away(const ExecutionId& id) {
    leases.hold(kAll & ~ports::ShardSet().set(shard_of(id)), 3);
    leases.tell();
    bench.settle();
  }
  ExecutionId start_up_to_ship() { return start_up_to("ship"); }
  void answer_everything() {
    bench.script.set_rule([](const auto&) { return done(); });
    bench.settle();
  }
  std::vector<std::string> kinds(const ExecutionId& id) {
    std::vector<std::string> found;
    for (const auto& row : bench.store.read_history(id, 0, 1000).value()) {
      found.push_back(row.kind + " " + std::to_string(row.epoch));
    }
    return found;
  }

  ScriptedLeases leases;
  ScriptedInbox inbox;
  RuntimeBench bench;
};

inline ports::ShardSet shard_alone(const ExecutionId& id) {
  return ports::ShardSet().set(shard_of(id));
}

}  // namespace skald::test
