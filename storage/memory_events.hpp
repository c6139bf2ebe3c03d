// The tables of events in memory, for MemoryStore, whose lock it is used under.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports/definition_store.hpp"
#include "engine/ports/event_store.hpp"
#include "engine/ports/history_store.hpp"

namespace skald::storage {

class MemoryEvents {
 public:
  void add_filters(const std::vector<ports::StoredFilter>& filters);
  void subscribe(const ExecutionId& execution, const std::vector<ports::Subscription>& subscriptions);

  std::vector<std::string> list_filters(const std::string& type) const;
  std::optional<std::uint64_t> put(const ports::NewEvent& event);
  void settle(std::uint64_t number, ports::EventFate fate);
  std::vector<ports::StoredEvent> list_new(Timestamp received_before, std::uint64_t after, std::size_t limit) const;
  std::vector<ports::StoredEvent> find(const std::vector<ports::EventWish>& wishes, std::uint64_t after,
                                       std::size_t limit) const;
  std::vector<ports::Listener> list_listeners(const ports::EventKey& key, const std::optional<ports::Listener>& after,
                                              std::size_t limit) const;
  std::uint64_t count_kept() const;
  // The numbers of those that went.
  std::vector<std::uint64_t> remove(Timestamp received_before, std::size_t limit);

 private:
  struct Kept {
    ports::NewEvent event;
    std::optional<ports::EventFate> fate;
  };

  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, Kept> events_;
  std::map<std::string, ports::StoredFilter> filters_;  // by shape
  std::set<std::pair<ports::EventKey, ports::Listener>> subscriptions_;
};

}  // namespace skald::storage
