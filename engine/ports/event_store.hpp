// Events from outside, and who listens for them.
//
// An event is stored before anybody gets it, and what an execution listens for with the append that begins it. Each
// looks for the other after its own commit, so that two nodes cannot miss each other. Blocking; any thread but a loop.
// Errors of all: "store.unavailable".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/ports/collection.hpp"

namespace skald::ports {

// What events are looked for by: the shape of a definition::EventFilter and what it correlates them by.
struct EventKey {
  std::string shape;
  std::string key;

  auto operator<=>(const EventKey&) const = default;
};

// What somebody looks for: events under a key, received at `since` or later.
struct EventWish {
  EventKey key;
  Timestamp since{};
};

struct NewEvent {
  std::string source;
  std::string id;
  std::string envelope;  // CloudEvent in its structured form
  Timestamp received_at{};
  std::vector<EventKey> keys;  // under which it may be listened for
};

struct StoredEvent {
  std::uint64_t number = 0;
  std::string envelope;
  std::vector<EventKey> keys;  // all, or those that it was found by
};

// What becomes of an event once it was offered to those who listen.
enum class EventFate {
  kTaken,    // somebody has it: only its source and id are remembered
  kKept,     // for those who have not come to their `listen` yet
  kDropped,  // forgotten
};

struct Listener {
  ExecutionId execution;
  std::string step;  // instance path

  auto operator<=>(const Listener&) const = default;
};

class EventStore {
 public:
  virtual ~EventStore() = default;

  // The filters of all definitions that may take events of this type, in their stored form.
  virtual Result<std::vector<std::string>> list_filters(const std::string& type) = 0;

  // Durable when it returns. nullopt: an event of this source and id has been there within the time that they are
  // remembered.
  virtual Result<std::optional<std::uint64_t>> put_event(const NewEvent& event) = 0;
  // One that has a fate is neither kept nor dropped any more, and what a workflow has collected is not dropped: another
  // node was faster.
  virtual Result<void> settle_event(std::uint64_t number, EventFate fate) = 0;
  // Those without a fate that came before, in the order of their numbers, behind `after`.
  virtual Result<std::vector<StoredEvent>> list_new_events(Timestamp received_before, std::uint64_t after,
                                                           std::size_t limit) = 0;
  // Those that nobody has taken and somebody looks for, in the order of their numbers, behind `after`.
  virtual Result<std::vector<StoredEvent>> find_events(const std::vector<EventWish>& wishes, std::uint64_t after,
                                                       std::size_t limit) = 0;
  // Those who listen under a key, in order, after `after`.
  virtual Result<std::vector<Listener>> list_listeners(const EventKey& key, const std::optional<Listener>& after,
                                                       std::size_t limit) = 0;
  // How many are kept.
  virtual Result<std::uint64_t> count_kept_events() = 0;
  // Forgets the oldest of those that came before, at most `limit`; how many those were.
  virtual Result<std::uint64_t> remove_events(Timestamp received_before, std::size_t limit) = 0;

  // What is collected, and whether the event of this number is.
  virtual Result<StoredCollection> read_collection(const CollectionKey& key, std::uint64_t event) = 0;
  // Written where the stored revision is this one and the workflow never had the event, and counted on. False: somebody
  // else was there before.
  virtual Result<bool> write_collection(const CollectionKey& key, const CollectionWrite& write) = 0;
  // How many collections there are.
  virtual Result<std::uint64_t> count_collections() = 0;
  // Forgets the oldest of those that were written last before, at most `limit`; how many those were.
  virtual Result<std::uint64_t> remove_collections(Timestamp written_before, std::size_t limit) = 0;
};

}  // namespace skald::ports
