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
  std::uint64_t revision = 0;  // tells the writes apart; 0: there is none
  std::string state;           // JSON
  bool has_event = false;      // the event that was asked about is in a collection of this workflow, or was once
};

struct CollectionWrite {
  std::uint64_t revision = 0;          // that it follows
  std::string state;                   // empty: nothing is collected any more, and there is none
  std::optional<std::uint64_t> event;  // that comes into it, by its number
  Timestamp at{};
};

// Of one that begins: no other that was under its key before ever had it, whatever it has counted up to.
inline std::uint64_t first_revision(const CollectionWrite& write) {
  constexpr int kWritesOfOne = 20;  // bits; more than its events
  return write.event ? *write.event << kWritesOfOne : 1;
}

}  // namespace skald::ports
