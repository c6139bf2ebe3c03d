// What retention reads and deletes. Ids grow with time, so that the oldest executions are the first by key, and no
// index by end has to be kept for them. Both throw soci::soci_error, and CorruptRow.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/ports/shard_leases.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;
class Owner;

struct EndedPage {
  std::vector<ExecutionId> ids;     // of those to be removed
  std::optional<ExecutionId> last;  // looked at; absent: there are no more
};

// Looks at the next `limit` executions behind `after` that started before `ended_before`.
EndedPage select_ended(soci::session& session, const ports::ShardSet& shards, Timestamp ended_before,
                       const std::optional<ExecutionId>& after, std::size_t limit);

// Those of them that still are the owner's, in one transaction. Returns how many.
std::uint64_t delete_ended(soci::session& session, const Dialect& dialect, const Owner& owner,
                           const std::vector<ExecutionId>& ids, Timestamp ended_before);

}  // namespace skald::storage
