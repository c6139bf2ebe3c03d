// When workflows start by themselves: a row for each that has a schedule.
//
// A row belongs to one shard for ever, and the owner of the shard fires it: it starts an execution under a key made of
// the row's time, and then moves the time. A crash between the two repeats the start under the same key. Blocking; any
// thread but a loop. Errors of all: "store.unavailable".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/ports/definition_store.hpp"
#include "engine/ports/shard_leases.hpp"

namespace skald::ports {

struct StoredSchedule {
  WorkflowName workflow;
  std::uint64_t revision = 0;        // counts the writes; 0: not written yet
  std::string rule;                  // what `next_at` follows from; empty: the workflow has no schedule any more
  std::optional<Timestamp> next_at;  // absent where that depends on something else than time
  std::optional<Timestamp> last_at;  // for which an execution was started last
  std::optional<ExecutionId> last_execution;
  std::string error;  // why the latest start was refused; empty: it was not

  bool operator==(const StoredSchedule&) const = default;
};

class ScheduleStore {
 public:
  virtual ~ScheduleStore() = default;

  // By namespace and name.
  virtual Result<std::vector<StoredSchedule>> list_schedules(const ShardSet& shards) = 0;
  // Written where the stored revision is this one, and counted on. False: somebody else has written it since.
  virtual Result<bool> put_schedule(const StoredSchedule& schedule) = 0;
};

}  // namespace skald::ports
