// The engine as the API sees it: start executions, command them, look at them.
//
// Life cycle: construct with the ports, run() once, drain() before the loops stop. Thread rule: every function may be
// called from any thread; callbacks run on the loop of the execution they concern, once, never inside the call.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/payload.hpp"
#include "engine/ports/clock.hpp"
#include "engine/ports/definition_store.hpp"
#include "engine/ports/entropy.hpp"
#include "engine/ports/event_store.hpp"
#include "engine/ports/history_store.hpp"
#include "engine/ports/in_hand.hpp"
#include "engine/ports/inbox.hpp"
#include "engine/ports/log.hpp"
#include "engine/ports/outbox.hpp"
#include "engine/ports/participant.hpp"
#include "engine/ports/schedule_store.hpp"
#include "engine/ports/shard_leases.hpp"
#include "engine/ports/telemetry.hpp"
#include "engine/runtime/alarm.hpp"
#include "engine/runtime/definitions.hpp"
#include "engine/runtime/loops.hpp"
#include "engine/saga/input.hpp"
#include "engine/saga/state.hpp"

namespace skald::runtime {

template <class T>
using Callback = std::move_only_function<void(Result<T>)>;

// A copy of an execution's state. Its payloads are to be read through text() alone.
using Snapshot = std::shared_ptr<const saga::State>;

struct Ports {
  ports::HistoryStore& history;
  ports::Clock& clock;
  ports::Entropy& entropy;
  ports::Telemetry& telemetry;
  ports::Log& log;
  // Absent: nothing is remembered of what a process had in hand when it died.
  ports::InHand* in_hand = nullptr;
  // Absent: this process has all shards, under EngineOptions::epoch.
  ports::ShardLeases* leases = nullptr;
  // With leases only.
  ports::Inbox* inbox = nullptr;
  // Absent: no event is taken from outside.
  ports::EventStore* events = nullptr;
  // Absent: nothing that is emitted goes anywhere.
  ports::Outbox* outbox = nullptr;
  // Absent: no workflow starts at a time of its own.
  ports::ScheduleStore* schedules = nullptr;
  // Another process has this node's name: this one must end. With leases only.
  std::function<void(const Error&)> replaced = [](const Error&) {};
  // One participant a loop, made on construction.
  std::function<std::unique_ptr<ports::Participant>(Loop&)> participant;
  // Runs work that blocks (reads of the store, compiling), not on a loop. Absent: threads of the engine's own.
  std::function<void(std::move_only_function<void()>)> blocking = {};
  // Wakes a loop when its next timer is due.
  MakeAlarm alarm = make_asio_alarm;
};

struct EngineOptions {
  std::size_t active_max = 50'000;  // executions in memory that have work under way; above it starts answer 429
  Millis passivate_after = std::chrono::seconds(5);         // idle ones leave memory when nothing is due for that long
  Millis due_poll = std::chrono::milliseconds(500);         // how often the store is asked for due executions
  Millis recovery_ramp = std::chrono::seconds(5);           // resumed executions are spread over at most this long
  std::size_t recovery_concurrency = 64;                    // loads under way at once, a loop
  Millis retention{0};                                      // of ended executions; 0: they are kept for ever
  std::uint64_t events_kept_max = limits::kKeptEventsMax;   // that nobody has taken yet
  std::uint64_t collections_max = limits::kCollectionsMax;  // of events that start executions together
  std::uint64_t epoch = 1;  // of this process's ownership, written into every event; without leases only
};

// Of an execution that another one runs.
struct RunOf {
  saga::Parent parent;
  std::optional<Millis> timeout;  // beside the workflow's own
  bool may_have_pivot = false;
};

struct StartCommand {
  std::string namespace_name;
  std::string workflow;
  std::optional<std::string> version;  // absent: the highest release
  Payload input;
  std::map<std::string, std::string> labels;
  std::optional<std::string> idempotency_key;
  std::string fingerprint;  // SHA-256 of the raw body and the requested version; with a key only
  std::string actor;
  std::optional<RunOf> run = std::nullopt;
  std::uint32_t depth = 0;  // as of saga::State, where an event starts it
};

struct Started {
  ExecutionId id;
  bool existing = false;  // a repeated idempotency key: this is the execution of the first start
  Snapshot state;
};

// What became of an event from outside.
enum class EventReceipt {
  kTaken,      // by at least one execution, or collected for one
  kKept,       // for those that come to their `listen` within a day
  kDuplicate,  // its source and id were there before
  kIgnored,    // no definition listens for its like, it ends nothing, and none that it starts could be started
};

// "taken", "kept", "duplicate", "ignored".
std::string_view to_string(EventReceipt receipt);

struct EventAnswer {
  EventReceipt receipt = EventReceipt::kIgnored;
  std::size_t started = 0;  // executions, by the schedules of their workflows; those took it too
};

struct ReplayCommand {
  ExecutionId original;
  std::string from = "start";  // "start", "failed" or a step
  std::optional<std::string> version;
  std::optional<Payload> input;
  std::string reason;
  bool accept_standing = false;
  std::string actor;
};

class Engine {
 public:
  Engine(Loops& loops, Ports ports, Definitions& definitions, EngineOptions options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Begins the recovery of what was live, and looks for due executions from then on. Blocks while it counts what is
  // live. `callback_url` is what callback tokens are appended to. Errors: "store.unavailable".
  Result<void> run(std::string callback_url = {});

  // Takes no more starts, begins no more attempts, waits for what is in flight until `deadline` (steady, from now),
  // then abandons it: unfinished work is never written as failed. Shards are given up as nothing is under way in them
  // any more, the rest at the end. Then `drained` runs: nothing touches the ports any more.
  void drain(Millis at_most, std::move_only_function<void()> drained);

  // The start is durable when the callback runs. Errors: "workflow.unknown", "workflow.unknown_version",
  // "input.invalid" (detail: a JSON array of {pointer, detail}), "idempotency.mismatch", "unique.invalid",
  // "unique.taken" (subject: the earlier execution), "engine.overloaded", "engine.draining", "engine.no_shards",
  // "store.unavailable".
  void start(StartCommand command, Callback<Started> callback);

  // cancel, suspend, resume, terminate and incident resolutions. The command is durable when the callback runs; where
  // another node has the execution, it may not be applied yet, and the state is that from before.
  // Errors: "execution.unknown", the refusals of saga::decide, "store.unavailable".
  void command(const ExecutionId& id, saga::Input input, Callback<Snapshot> callback);

  // `envelope`: a CloudEvent in its structured form, with a source, an id and a type. It is durable when the callback
  // runs, unless nobody can want it. Errors: "events.full", "engine.draining", "store.unavailable".
  void accept_event(std::string envelope, Callback<EventAnswer> callback);

  // Without a version the replay follows the original's own definition. Errors: "command.pending" where another node
  // has the original and will begin the replay; "replay.expired" where retention is about to remove it;
  // "replay.repeated" where another replay has done its work, or does it, and leave is not given; those of start,
  // the "replay." refusals of saga::decide, and those of plan_replay (replay_plan.hpp).
  void replay(ReplayCommand command, Callback<Started> callback);

  // Errors: "execution.unknown", "store.unavailable".
  void view(const ExecutionId& id, Callback<Snapshot> callback);

  // Runs the callback when the execution has ended or is parked, or `at_most` has passed, with the state then.
  void when_settled(const ExecutionId& id, Millis at_most, Callback<Snapshot> callback);

  struct Health {
    bool owns_shards = true;  // false: nothing can be started here
    bool recovering = false;
    bool draining = false;
    std::size_t active = 0;  // executions in memory
  };
  Health health() const;

  // Looks at the clock at once instead of at the next timer.
  void tick();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald::runtime
