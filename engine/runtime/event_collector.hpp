// Brings events into what their workflows collect, whatever other nodes bring in at the same time.
//
// Blocking; not on a loop. An event comes in once, however often it is brought; what is ready stays until it is
// forgotten.
#pragma once

#include <string>
#include <vector>

#include "engine/ports/event_store.hpp"
#include "engine/runtime/event_collection.hpp"

namespace skald::runtime {

struct Collected {
  bool is_taken = false;    // the event came in, now or before
  bool is_new = false;      // it is the first of its collection
  std::vector<Json> ready;  // what starts executions of the workflow, also of events before this one
};

// An event, and where it goes.
struct Collectible {
  const ports::CollectionKey& key;
  const definition::Schedule::On& rule;
  const EventMatch& match;
  const ports::StoredEvent& event;
  bool may_begin = true;  // there is room for another collection
};

// Errors: those of the store and of EventCollection::add; "engine.busy", too many bring in theirs; "events.full", it
// would begin a collection and may not.
Result<Collected> collect(ports::EventStore& store, const Collectible& it, Timestamp now);

// After what was ready has started its executions.
Result<void> forget(ports::EventStore& store, const ports::CollectionKey& key, const std::vector<Json>& started,
                    Timestamp now);

}  // namespace skald::runtime
