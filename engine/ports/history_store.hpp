// Where histories live. Appends are asynchronous and batched; reads block and belong on threads of their own.
//
// Life cycle: opened by the composition root before the engine starts, closed after it has drained. Thread rule: every
// call from any thread; verdicts arrive on threads of the store's own, once a batch and sink, and must only be handed
// on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "engine/ports/event_store.hpp"
#include "engine/ports/outbox.hpp"
#include "engine/ports/shard_leases.hpp"

namespace skald::ports {

// One row of the history table. `position` counts from 1 within an execution.
struct HistoryRow {
  std::uint64_t position = 0;
  std::uint64_t epoch = 0;
  Timestamp at{};
  std::string kind;
  std::uint16_t version = 1;
  std::string step;
  std::uint32_t attempt = 0;
  std::string actor;
  std::string data;  // JSON object

  bool operator==(const HistoryRow&) const = default;
};

// What an execution is about. No other one of its workflow starts with the same key until it ends with another outcome
// than "completed", or `until` has come.
struct UniqueKey {
  std::string key;
  Timestamp until{};

  bool operator==(const UniqueKey&) const = default;
};

// What is written once, when an execution starts.
struct NewExecution {
  std::string namespace_name;
  std::string workflow;
  std::string version;
  std::string digest;
  std::uint32_t shard = 0;
  Timestamp started_at{};
  std::map<std::string, std::string> labels;
  // Unique within (namespace, workflow) where present.
  std::optional<std::string> idempotency_key;
  std::string idempotency_fingerprint;
  std::optional<ExecutionId> replay_of;
  std::optional<ExecutionId> parent =
      std::nullopt;  // the execution that runs this one, and before which it is not removed
  std::optional<UniqueKey> unique = std::nullopt;  // within (namespace, workflow); gone once it has been given up
};

// The part of an execution's row that changes. `wake_at` is absent exactly when the phase is terminal.
struct ExecutionSummary {
  std::string phase;
  std::string outcome;  // empty while it has none
  std::string status;   // business label
  std::optional<Timestamp> wake_at;
  std::optional<Timestamp> ended_at;
  std::uint32_t open_incidents = 0;
  // Nothing has to happen before wake_at, and nobody has to know of it: a process that takes over leaves it alone.
  bool resting = false;

  bool operator==(const ExecutionSummary&) const = default;
};

// Whether who ends like this gives its unique key up.
inline bool gives_key_up(const ExecutionSummary& summary) {
  return !summary.outcome.empty() && summary.outcome != "completed";
}

// A command out of the inbox that an append applies.
struct CommandApplied {
  std::uint64_t number = 0;
  std::string answer;  // JSON object
};

// A step of the execution that listens for events under a key.
struct Subscription {
  std::string step;  // instance path
  EventKey key;

  bool operator==(const Subscription&) const = default;
};

// Rows for one execution. They are written only if its last position is still `expected_position`.
struct Append {
  ExecutionId execution;
  std::uint64_t epoch = 1;  // under which this process holds the shard
  std::uint64_t expected_position = 0;
  std::optional<NewExecution> create;                                     // the first append of an execution
  std::vector<HistoryRow> rows;                                           // positions expected_position + 1, + 2, ...
  std::optional<ExecutionSummary> summary;                                // absent: the row's changing part stays
  std::optional<CommandApplied> applied;                                  // answered in the same transaction
  std::optional<std::vector<Subscription>> subscriptions = std::nullopt;  // all it has from here on; absent: as before
  std::vector<NewDelivery> deliveries = {};                               // of the events that it emits
};

enum class Verdict {
  kWritten,    // durable
  kDuplicate,  // the idempotency key exists already; nothing written, see AppendResult
  kTaken,      // another execution has the unique key; nothing written, see AppendResult
  kConflict,   // somebody else appended first; load again
  kFenced,     // the shard is no longer ours
  kRejected,   // a definite error: nothing written, see AppendResult::error
  kUnknown,    // may or may not be written: the process must not go on with these executions before it has reloaded
};

struct AppendResult {
  std::uint64_t ticket = 0;
  Verdict verdict = Verdict::kUnknown;
  std::optional<ExecutionId> existing;  // kDuplicate, kTaken
  std::string existing_fingerprint;     // kDuplicate
  std::optional<Error> error;
};

// Takes verdicts on the store's threads, of which several may call at once; one call a batch.
class AppendSink {
 public:
  virtual ~AppendSink() = default;
  virtual void appended(std::vector<AppendResult> results) = 0;
};

// Appends that are written together or not at all (a replay and the mark on its original).
struct AppendGroup {
  std::vector<Append> appends;
  std::uint64_t ticket = 0;  // chosen by the caller, comes back with the verdict
};

struct StoredExecution {
  ExecutionId id;
  NewExecution created;
  ExecutionSummary summary;
  std::uint64_t position = 0;  // of its last history row; filled by read_execution only
};

// When a live execution has to be in memory again.
struct WakeUp {
  Timestamp at;
  ExecutionId execution;

  auto operator<=>(const WakeUp&) const = default;
};

// How many executions of a shard are live in a phase.
struct LiveCount {
  std::uint32_t shard = 0;
  std::string namespace_name;
  std::string workflow;
  std::string phase;
  std::uint64_t count = 0;
};

// What one call of remove_ended did.
struct Removal {
  std::uint64_t executions = 0;
  std::optional<ExecutionId> last;  // looked at; absent: there are no more
};

class HistoryStore {
 public:
  virtual ~HistoryStore() = default;

  // Never blocks. Every group gets exactly one verdict, in order for the execution that comes first in it; before an
  // append of another one of a group, wait for the group's. The sink must outlive the verdict.
  virtual void append(AppendGroup group, AppendSink& sink) = 0;

  // Blocking reads. Errors: "store.unavailable", "store.corrupt", "execution.unknown" where one is named.
  virtual Result<StoredExecution> read_execution(const ExecutionId& id) = 0;
  // Rows after `after_position` in order, at most `limit`.
  virtual Result<std::vector<HistoryRow>> read_history(const ExecutionId& id, std::uint64_t after_position,
                                                       std::size_t limit) = 0;
  virtual Result<std::optional<StoredExecution>> find_by_key(const std::string& namespace_name,
                                                             const std::string& workflow, const std::string& key) = 0;
  // Live executions (phase not terminal) of these shards that wake at or before `until`, in order, those after `after`
  // only.
  virtual Result<std::vector<WakeUp>> list_wake_ups(const ShardSet& shards, Timestamp until,
                                                    const std::optional<WakeUp>& after, std::size_t limit) = 0;
  virtual Result<std::vector<LiveCount>> count_live(const ShardSet& shards) = 0;
  // Those of the live executions of these shards that do not rest, whenever they wake, in order, after `after`: what
  // recovery pages through.
  virtual Result<std::vector<WakeUp>> list_restless(const ShardSet& shards, const std::optional<WakeUp>& after,
                                                    std::size_t limit) = 0;

  // Blocking. Looks at the next `limit` executions behind `after`, the oldest first, and removes those of these shards
  // that ended before `ended_before`, and whose unique key was free by then, have no open incident and no parent that
  // is still there, with their histories and keys, in one transaction of its own that delays appends little. What
  // started since `ended_before` is not looked at.
  virtual Result<Removal> remove_ended(const ShardSet& shards, Timestamp ended_before,
                                       const std::optional<ExecutionId>& after, std::size_t limit) = 0;
};

}  // namespace skald::ports
