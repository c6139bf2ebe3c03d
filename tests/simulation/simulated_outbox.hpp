// One process's way to the outbox: what it asks may fail, done or not.
//
// One thread. Life cycle: that of its process.
#pragma once

#include <string>
#include <vector>

#include "engine/ports/outbox.hpp"
#include "tests/simulation/database.hpp"
#include "tests/simulation/wire.hpp"

namespace skald::simulation {

class SimulatedOutbox final : public ports::Outbox {
 public:
  SimulatedOutbox(World& world, Faults& faults, Database& database, LifePtr life)
      : world_(world), faults_(faults), database_(database), life_(std::move(life)) {}

  Result<std::vector<ports::Delivery>> list_due_deliveries(const std::string& sink, const ports::ShardSet& shards,
                                                           Timestamp now, const std::vector<ExecutionId>& left_out,
                                                           std::size_t limit) override {
    return ask([&](auto& rows) { return rows.list_due_deliveries(sink, shards, now, left_out, limit); });
  }
  Result<void> settle_deliveries(const std::vector<std::uint64_t>& delivered,
                                 const std::vector<ports::Postponement>& postponed) override {
    return ask([&](auto& rows) { return rows.settle_deliveries(delivered, postponed); });
  }
  Result<std::vector<ports::OutboxLevel>> measure_outbox(const ports::ShardSet& shards) override {
    return ask([&](auto& rows) { return rows.measure_outbox(shards); });
  }

 private:
  template <class Ask>
  auto ask(Ask ask) -> decltype(ask(std::declval<storage::MemoryStore&>())) {
    return ask_over_the_wire(world_, faults_, *life_, [&] { return ask(database_.rows()); });
  }

  World& world_;
  Faults& faults_;
  Database& database_;
  LifePtr life_;
};

}  // namespace skald::simulation
