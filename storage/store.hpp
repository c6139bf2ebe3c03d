// The store behind the engine's ports: histories, the index of executions, definitions, in one database.
//
// Life cycle: open_store() migrates and locks the database; close() writes what is queued and lets go (the destructor
// does the same). Thread rule: any thread; verdicts arrive on the writers' own threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/ports/clock.hpp"
#include "engine/ports/definition_store.hpp"
#include "engine/ports/event_store.hpp"
#include "engine/ports/execution_index.hpp"
#include "engine/ports/history_store.hpp"
#include "engine/ports/inbox.hpp"
#include "engine/ports/log.hpp"
#include "engine/ports/outbox.hpp"
#include "engine/ports/schedule_store.hpp"
#include "engine/ports/shard_leases.hpp"
#include "engine/ports/telemetry.hpp"

namespace skald::storage {

struct StoreHealth {
  bool writable = true;       // false: the last commits failed, or the store is broken
  bool low_on_space = false;  // less than free_bytes_min: starts are to be refused, undoing may go on
  std::string reason;         // for people; empty when all is well
};

// This process among those that share a database.
struct NodeOptions {
  std::string name = "skald";  // unique among them; who joins under a name replaces who had it
  std::string address = {};    // of its API, for the others' lists
  std::string version = {};
  Millis lease = std::chrono::seconds(15);
};

struct StoreOptions {
  ports::Clock& clock;
  ports::Telemetry& telemetry;
  ports::Log& log;
  // Called once, on the writer's thread and before the verdicts go out: "store.unknown", a commit on SQLite may or may
  // not have happened, or "store.fenced", another process owns its file. The process must end; the next one reads what
  // is there.
  std::function<void(const Error&)> on_fatal = {};
  std::uint64_t free_bytes_min = 256ull * 1024 * 1024;
  std::size_t queue_max = 100'000;  // appends waiting for a writer; more are rejected as "store.overloaded"
  Millis busy_timeout = std::chrono::seconds(5);
  std::size_t writers = 1;      // sessions that write batches, each with a thread; SQLite has one
  std::size_t readers = 4;      // sessions for blocking reads
  std::uint64_t bytes_max = 0;  // of the database file; beyond it appends are rejected as "store.full". 0: no bound
  NodeOptions node = {};
};

class Store : public ports::HistoryStore,
              public ports::ExecutionIndex,
              public ports::DefinitionStore,
              public ports::EventStore,
              public ports::Outbox,
              public ports::ScheduleStore {
 public:
  // Of this process's ownership of all shards, higher than that of any process before it. 0 where there are leases.
  virtual std::uint64_t epoch() const = 0;
  // Null where one process has the database.
  virtual ports::ShardLeases* leases() { return nullptr; }
  virtual ports::Inbox* inbox() { return nullptr; }
  // Blocking. The nodes that share the database; none where one process has it. Errors: "store.unavailable".
  virtual Result<std::vector<ports::ClusterNode>> list_nodes() { return {}; }
  virtual StoreHealth health() const = 0;
  bool is_writable() const { return health().writable; }
  // Waits for the verdicts of what is queued; later appends are rejected as "store.closed". Reads go on. Idempotent.
  virtual void close() = 0;
};

// `url` is "sqlite:PATH", or "postgresql://..." as libpq takes it. Errors: "store.url", "store.locked" (another process
// has it), "store.newer" (a newer Skald wrote it), "store.unavailable".
Result<std::unique_ptr<Store>> open_store(const std::string& url, const StoreOptions& options);

}  // namespace skald::storage
