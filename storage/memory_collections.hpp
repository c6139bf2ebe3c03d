// What workflows collect of events in memory, for MemoryStore, whose lock it is used under.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "engine/ports/collection.hpp"

namespace skald::storage {

class MemoryCollections {
 public:
  ports::StoredCollection read(const ports::CollectionKey& key, std::uint64_t event) const;
  bool write(const ports::CollectionKey& key, const ports::CollectionWrite& write);
  std::uint64_t count() const { return collections_.size(); }
  std::uint64_t remove(Timestamp written_before, std::size_t limit);
  // Some workflow has had it.
  bool has_event(std::uint64_t event) const { return collected_.contains(event); }
  // Its row is gone.
  void forget_event(std::uint64_t event) { collected_.erase(event); }

 private:
  using Key = std::pair<ports::WorkflowName, std::string>;
  struct Kept {
    std::uint64_t revision = 0;
    std::string state;
    Timestamp written_at{};
  };

  std::map<Key, Kept> collections_;
  std::map<std::uint64_t, std::set<ports::WorkflowName>> collected_;  // who has had an event
};

}  // namespace skald::storage
