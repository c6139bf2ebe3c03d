// One process's way to the tables of events: what it asks may fail, done or not.
//
// One thread. Life cycle: that of its process.
#pragma once

#include <string>
#include <vector>

#include "engine/ports/event_store.hpp"
#include "tests/simulation/database.hpp"
#include "tests/simulation/wire.hpp"

namespace skald::simulation {

class SimulatedEvents final : public ports::EventStore {
 public:
  SimulatedEvents(World& world, Faults& faults, Database& database, LifePtr life)
      : world_(world), faults_(faults), database_(database), life_(std::move(life)) {}

  Result<std::vector<std::string>> list_filters(const std::string& type) override {
    return ask([&](auto& rows) { return rows.list_filters(type); });
  }
  Result<std::optional<std::uint64_t>> put_event(const ports::NewEvent& event) override {
    return ask([&](auto& rows) { return rows.put_event(event); });
  }
  Result<void> settle_event(std::uint64_t number, ports::EventFate fate) override {
    return ask([&](auto& rows) { return rows.settle_event(number, fate); });
  }
  Result<std::vector<ports::StoredEvent>> list_new_events(Timestamp received_before, std::uint64_t after,
                                                          std::size_t limit) override {
    return ask([&](auto& rows) { return rows.list_new_events(received_before, after, limit); });
  }
  Result<std::vector<ports::StoredEvent>> find_events(const std::vector<ports::EventWish>& wishes, std::uint64_t after,
                                                      std::size_t limit) override {
    return ask([&](auto& rows) { return rows.find_events(wishes, after, limit); });
  }
  Result<std::vector<ports::Listener>> list_listeners(const ports::EventKey& key,
                                                      const std::optional<ports::Listener>& after,
                                                      std::size_t limit) override {
    return ask([&](auto& rows) { return rows.list_listeners(key, after, limit); });
  }
  Result<std::uint64_t> count_kept_events() override {
    return ask([](auto& rows) { return rows.count_kept_events(); });
  }
  Result<std::uint64_t> remove_events(Timestamp received_before, std::size_t limit) override {
    return ask([&](auto& rows) { return rows.remove_events(received_before, limit); });
  }
  Result<ports::StoredCollection> read_collection(const ports::CollectionKey& key, std::uint64_t event) override {
    return ask([&](auto& rows) { return rows.read_collection(key, event); });
  }
  Result<bool> write_collection(const ports::CollectionKey& key, const ports::CollectionWrite& write) override {
    return ask([&](auto& rows) { return rows.write_collection(key, write); });
  }
  Result<std::uint64_t> count_collections() override {
    return ask([&](auto& rows) { return rows.count_collections(); });
  }
  Result<std::uint64_t> remove_collections(Timestamp written_before, std::size_t limit) override {
    return ask([&](auto& rows) { return rows.remove_collections(written_before, limit); });
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
