// An engine under glass: memory store, clock, participants and blocking reads all move only when the test says so, on
// the test's own thread.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "storage/memory_store.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_participant.hpp"
#include "tests/support/seeded_entropy.hpp"

namespace skald::test {

// charge (three attempts a second apart, undone by refund), reserve (undone by release), ship. `mail` takes the events
// "com.shop.*".
extern const char* const kCheckout;
std::shared_ptr<const definition::OperationCatalog> checkout_operations();

class RecordingLog final : public ports::Log {
 public:
  void write(ports::LogLevel level, std::string_view message, std::initializer_list<Field>) override {
    if (level >= ports::LogLevel::kWarning) lines.emplace_back(message);
  }
  bool contains(std::string_view text) const;
  std::vector<std::string> lines;
};

class CountingTelemetry final : public ports::SilentTelemetry {
 public:
  void execution_started(ports::WorkflowLabel) override { ++started; }
  void execution_finished(ports::WorkflowLabel, std::string_view outcome, Millis) override {
    ++finished[std::string(outcome)];
  }
  void execution_phase(ports::WorkflowLabel, std::string_view phase, int change) override {
    active[std::string(phase)] += change;
  }
  void step_attempt(std::string_view, std::string_view step, std::string_view action, std::string_view result,
                    Millis) override {
    ++attempts[std::string(step) + " " + std::string(action) + " " + std::string(result)];
  }
  void executions_removed(std::uint64_t count) override { removed += count; }
  void execution_standing(const ExecutionId& execution, const ports::Standing& what) override {
    standing[execution] = what.incidents.size();
  }
  void events_waiting(std::uint64_t kept, std::uint64_t collections) override { waiting = {kept, collections}; }
  void schedule_start(std::string_view result) override { ++schedule_starts[std::string(result)]; }
  void outbox(std::string_view sink, std::uint64_t count, Millis) override { pending[std::string(sink)] = count; }
  void timer_lag(Millis lag) override { lag_max = std::max(lag_max, lag); }
  void ready_queue(std::uint64_t, Millis oldest) override { oldest_wait = oldest; }

  void executions_overdue(std::uint64_t count) override { overdue = count; }

  int started = 0;
  std::uint64_t removed = 0;
  std::map<ExecutionId, std::size_t> standing;      // open incidents of those told of
  std::map<std::string, std::uint64_t> pending;     // of the outbox, by sink
  std::map<std::string, int> schedule_starts;       // by result
  std::pair<std::uint64_t, std::uint64_t> waiting;  // events for a `listen`, collections
  std::map<std::string, int> finished;
  std::map<std::string, int> active;
  std::map<std::string, int> attempts;
  Millis lag_max{0};
  Millis oldest_wait{0};
  std::uint64_t overdue = 0;
};

// Histories that cannot be read as long as they stand here.
class TornStore final : public storage::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  Result<std::vector<ports::HistoryRow>> read_history(const ExecutionId& id, std::uint64_t after_position,
                                                      std::size_t limit) override {
    if (torn.contains(id)) return failure("history.unreadable", "the page is torn", to_string(id));
    return MemoryStore::read_history(id, after_position, limit);
  }

  std::set<ExecutionId> torn;
};

// Suspects what stands here.
class ScriptedInHand final : public ports::InHand {
 public:
  void take(const ExecutionId& id) noexcept override { taken.insert(id); }
  void put_down() noexcept override {}
  bool is_suspected(const ExecutionId& id) const noexcept override { return suspected.contains(id); }

  std::set<ExecutionId> taken;
  std::set<ExecutionId> suspected;
};

class RuntimeBench {
 public:
  explicit RuntimeBench(runtime::EngineOptions options = {}, const char* workflow = kCheckout);
  ~RuntimeBench();

  // A process begins, or ends without a word: what it had queued and in flight is gone.
  void start_process();
  void kill_process();

  // Runs everything that can run without time passing.
  void settle();
  // One round of it; false when there was nothing to do. With `deliver` false the store keeps its appends.
  bool step(bool deliver = true);
  // Moves the clock in strides and settles after each.
  void advance(Millis by, Millis stride = std::chrono::milliseconds(100));
  // Advances until the execution has settled; fails the test after an hour of virtual time.
  saga::State run_to_end(const ExecutionId& id);

  // Settle and return the answer. The test fails where there is none.
  Result<runtime::Started> start() { return start(order()); }
  Result<runtime::Started> start(runtime::StartCommand command);
  Result<runtime::Snapshot> command(const ExecutionId& id, saga::Input input);
  Result<runtime::Started> replay(runtime::ReplayCommand command);
  Result<saga::State> view(const ExecutionId& id);
  static runtime::StartCommand order(std::optional<std::string> key = std::nullopt,
                                     std::string input = R"({"orderId":"o1"})");

  saga::State state_in_store(const ExecutionId& id);
  ports::ExecutionSummary row(const ExecutionId& id);
  // At the end of its history, as another process would.
  void write(const ExecutionId& id, ports::HistoryRow row);
  std::size_t in_memory() { return process_->engine.health().active; }
  runtime::Engine& engine() { return process_->engine; }
  runtime::Definitions& definitions() { return process_->definitions; }

  ManualClock clock;
  SeededEntropy entropy{1};
  RecordingLog log;
  CountingTelemetry telemetry;
  ScriptedInHand in_hand;
  TornStore store;
  Script script;
  // Of the processes that begin from then on.
  ports::ShardLeases* leases = nullptr;
  ports::Inbox* inbox = nullptr;
  std::vector<std::string> replaced;  // the errors that processes were told to end with
  bool reads_stall = false;           // what blocks does not come to its end

 private:
  struct Process {
    explicit Process(RuntimeBench& bench);
    runtime::Loops loops;
    std::vector<ScriptedParticipant*> participants;
    std::deque<std::move_only_function<void()>> blocking;
    runtime::Definitions definitions;
    runtime::Engine engine;
  };

  runtime::EngineOptions options_;
  const char* workflow_;
  std::unique_ptr<Process> process_;
};

}  // namespace skald::test
