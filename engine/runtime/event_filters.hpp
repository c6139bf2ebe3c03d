// The filters of all definitions, as events are held against them. Compiled once each.
//
// Thread rule: any thread but a loop, since it reads the store.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/definition/definition.hpp"
#include "engine/definition/event_filter.hpp"
#include "engine/ports/definition_store.hpp"
#include "engine/ports/event_store.hpp"

namespace skald::runtime {

// What a definition listens for, each once.
std::vector<ports::StoredFilter> filters_of(const definition::Definition& definition);

class EventFilters {
 public:
  // Under which keys an event may be listened for. Errors: "store.unavailable".
  Result<std::vector<ports::EventKey>> keys_of(ports::EventStore& store, const Json& event);

 private:
  std::shared_ptr<const definition::EventFilter> compiled(const std::string& stored);

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const definition::EventFilter>> compiled_;  // null: it does not compile
};

}  // namespace skald::runtime
