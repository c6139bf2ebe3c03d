// One process's way to the rows of the schedules: what it asks may fail, done or not.
//
// One thread. Life cycle: that of its process.
#pragma once

#include <vector>

#include "engine/ports/schedule_store.hpp"
#include "tests/simulation/database.hpp"
#include "tests/simulation/wire.hpp"

namespace skald::simulation {

class SimulatedSchedules final : public ports::ScheduleStore {
 public:
  SimulatedSchedules(World& world, Faults& faults, Database& database, LifePtr life)
      : world_(world), faults_(faults), database_(database), life_(std::move(life)) {}

  Result<std::vector<ports::StoredSchedule>> list_schedules(const ports::ShardSet& shards) override {
    return ask_over_the_wire(world_, faults_, *life_, [&] { return database_.rows().list_schedules(shards); });
  }
  Result<bool> put_schedule(const ports::StoredSchedule& schedule) override {
    return ask_over_the_wire(world_, faults_, *life_, [&] { return database_.put_schedule(schedule); });
  }

 private:
  World& world_;
  Faults& faults_;
  Database& database_;
  LifePtr life_;
};

}  // namespace skald::simulation
