// What is collected of events until they start an execution together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/time.hpp"
#include "engine/ports/definition_store.hpp"

namespace skald::ports {

// Whose it is, and what its events have in common.
struct CollectionKey {
  WorkflowName workflow;
  std::string key;  // at most 512 bytes
};

struct StoredCollection {
  std::uint64_t revision = 0;  // counts the writes; 0: there is none
  std::string state;           // JSON; empty: nothing is collected
  bool has_event = false;      // the event that was asked about is in a collection of this workflow, or was once
};

struct CollectionWrite {
  std::uint64_t revision = 0;  // that it follows
  std::string state;
  std::optional<std::uint64_t> event;  // that comes into it, by its number
  Timestamp at{};
};

}  // namespace skald::ports
